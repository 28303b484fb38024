/** Lets so many through at once; the rest wait in order. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Calls `enter` when there is a place, at once if there is one now; it calls `leave` when it no longer needs it. What it throws is thrown on,
   * and the place is free again.
   */
  acquire(task: (release: () => void) => void): void {
    const go = (): void => {
      let inside = true;
      const leave = (): void => {
        if (!inside) return;
        inside = false;
        this.#free += 1;
        if (this.#free > 0) this.#waiting.shift()?.();
      };
      try {
        task(leave);
      } catch (fault) {
        leave();
        throw fault;
      }
    };
    const take = (): void => {
      this.#free -= 1;
      go();
    };
    if (this.#free > 0) take();
    else this.#waiting.push(take);
  }
}
