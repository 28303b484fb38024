/** Waits before something is tried again, each time twice as long as the last, up to the longest. Milliseconds. */
export class BackOff {
  readonly #first: number;
  readonly #longest: number;
  #next: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
    this.#next = first;
  }

  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  wait(then: () => void): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      then();
    }, this.#next).unref();
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
