/** A wait is made of so many. A pause of the process costs one of them at most. */
const ROUNDS = 10;

/**
 * A wait for somebody else, after which the caller gives up. It counts rounds and not the clock: where the host stops
 * this process for some seconds, or hardly lets it run, an answer that came meanwhile is read before it is late.
 */
export class Patience {
  readonly #roundMs: number;
  readonly #late: () => void;
  #rounds = 0;
  #timer: NodeJS.Timeout | null = null;

  /**
   * The wait begins now.
   *
   * @param ms how long it is on a machine that lets this process run
   * @param late called once when it is over
   */
  constructor(ms: number, late: () => void) {
    this.#roundMs = ms / ROUNDS;
    this.#late = late;
    this.#round();
  }

  /** The wait begins anew. */
  restart(): void {
    if (this.#timer === null) return;
    this.#rounds = 0;
    this.#timer.refresh();
  }

  /** Ends the wait; twice is harmless. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #round(): void {
    this.#timer = setTimeout(() => {
      this.#rounds += 1;
      if (this.#rounds < ROUNDS) {
        this.#round();
        return;
      }
      this.#timer = null;
      this.#late();
    }, this.#roundMs);
  }
}
