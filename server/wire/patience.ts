/** A wait is made of so many. A pause of the process costs one of them at most. */
const ROUNDS = 10;

/** Calls back after so many milliseconds. @returns a function that cancels it */
type After = (ms: number, work: () => void) => () => void;

/**
 * A wait for somebody else, after which the caller gives up. It counts rounds and not the clock: where the host stops
 * this process for some seconds, or hardly lets it run, an answer that came meanwhile is read before it is late.
 */
export class Patience {
  readonly #roundMs: number;
  readonly #late: () => void;
  readonly #after: After;
  /** Null when it is over. */
  #cancel: (() => void) | null = null;

  /**
   * The wait begins now.
   *
   * @param ms how long it is on a machine that lets this process run
   * @param late called once when it is over
   * @param after the timers to use
   */
  constructor(ms: number, late: () => void, after: After = inTime) {
    this.#roundMs = ms / ROUNDS;
    this.#late = late;
    this.#after = after;
    this.#round(ROUNDS);
  }

  /** The wait begins anew. */
  restart(): void {
    if (this.#cancel === null) return;
    this.#cancel();
    this.#round(ROUNDS);
  }

  /** Ends the wait; twice is harmless. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #round(left: number): void {
    this.#cancel = this.#after(this.#roundMs, () => {
      if (left > 1) {
        this.#round(left - 1);
        return;
      }
      this.#cancel = null;
      this.#late();
    });
  }
}

function inTime(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  return () => {
    clearTimeout(timer);
  };
}
