import type { FaultGuard } from '../../wire/fault-guard.js';

/** Waits before something is tried again, each time twice as long as the last, up to the longest. Milliseconds. */
export class BackOff {
  readonly #first: number;
  readonly #longest: number;
  readonly #guard: FaultGuard;
  #next: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(first: number, longest: number, guard: FaultGuard) {
    this.#first = first;
    this.#longest = longest;
    this.#guard = guard;
    this.#next = first;
  }

  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** What `then` throws is logged, and it is called again after the next wait. */
  wait(then: () => void): void {
    this.stop();
    const tried = this.#guard.on(
      'another try',
      () => {
        this.#timer = undefined;
        then();
      },
      () => {
        this.wait(then);
      },
    );
    this.#timer = setTimeout(tried, this.#next).unref();
    this.#next = Math.min(2 * this.#next, this.#longest);
  }

  /** Waits no longer; `then` is not called. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The next wait is the first again. One under way goes on. */
  reset(): void {
    this.#next = this.#first;
  }
}
