/** Lets a fixed number of tasks run at once; the others wait in order. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Calls `task` when there is a place, maybe at once. The task calls `release` when it no longer needs the
   * place. When the task throws, its place is freed and the error is passed on.
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
