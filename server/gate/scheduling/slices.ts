/** How long one slice takes before everybody else has a turn. Milliseconds. */
const SLICE_MS = 4;

interface SlicesOptions {
  readonly milliseconds?: number;
  /** Milliseconds from any moment on. */
  readonly now?: () => number;
  /** Calls back when everything else that waits has had its turn. */
  readonly later?: (work: () => void) => void;
}

/** Does long work in slices of a few milliseconds, so that the event loop goes on between them. */
export class Slices {
  readonly #milliseconds: number;
  readonly #now: () => number;
  readonly #later: (work: () => void) => void;

  constructor({ milliseconds = SLICE_MS, now = () => performance.now(), later }: SlicesOptions = {}) {
    this.#milliseconds = milliseconds;
    this.#now = now;
    this.#later =
      later ??
      ((work) => {
        setImmediate(work);
      });
  }

  /**
   * Takes one step after the other until `step` returns false. The first slice is taken before this returns;
   * each has at least one step.
   *
   * @returns resolves after the last step; rejects with what a step throws, and then takes no further step
   */
  run(step: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const slice = (): void => {
        const end = this.#now() + this.#milliseconds;
        try {
          do {
            if (step()) continue;
            resolve();
            return;
          } while (this.#now() < end);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        this.#later(slice);
      };
      slice();
    });
  }
}
