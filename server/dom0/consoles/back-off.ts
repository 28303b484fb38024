import type { FaultGuard } from '../../wire/fault-guard.js';

/** Waits before a retry. Each wait is twice as long as the last, up to the longest. Milliseconds. */
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

  /**
   * Calls `then` after the next wait. When it throws, the fault is logged and it is called
   * again after another wait.
   */
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

  /** Cancels the wait; `then` is not called. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Makes the next wait the first again. A wait under way goes on. */
  reset(): void {
    this.#next = this.#first;
  }
}
