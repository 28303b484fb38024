/** Lets so many through at once; the rest wait in order. */
export class Turnstile {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Calls `enter` when there is a place, at once if there is one now; it calls `leave` when it no longer needs it. */
  pass(enter: (leave: () => void) => void): void {
    const go = (): void => {
      let inside = true;
      enter(() => {
        if (!inside) return;
        inside = false;
        this.#free += 1;
        if (this.#free > 0) this.#waiting.shift()?.();
      });
    };
    const take = (): void => {
      this.#free -= 1;
      go();
    };
    if (this.#free > 0) take();
    else this.#waiting.push(take);
  }
}
