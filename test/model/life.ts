import type { VirtualTime } from './virtual-time.js';

/**
 * One run of a half, from its start to its end. All that the half does outside itself goes through here: so it can be killed at each
 * of these places, and hears nothing more afterwards.
 */
export class Life {
  readonly number: number;
  readonly bornAt: number;
  readonly #time: VirtualTime;
  readonly #ended: () => void;
  #alive = true;
  /** So many more things are done outside before it is killed. */
  #left = Infinity;

  /** @param ended told when it was killed by `killAfter` */
  constructor(number: number, time: VirtualTime, ended: () => void) {
    this.number = number;
    this.bornAt = time.now;
    this.#time = time;
    this.#ended = ended;
  }

  get alive(): boolean {
    return this.#alive;
  }

  killAfter(doings: number): void {
    this.#left = doings;
  }

  end(): void {
    this.#alive = false;
  }

  /** Must be asked before anything is done outside. @returns false when nothing is to be done any more */
  may(): boolean {
    if (!this.#alive) return false;
    this.#left -= 1;
    if (this.#left >= 0) return true;
    this.#alive = false;
    this.#ended();
    return false;
  }

  /** Calls after so many milliseconds, if it lives then. */
  after(ms: number, call: () => void): () => void {
    return this.#time.after(ms, () => {
      if (this.may()) call();
    });
  }

  /** What is answered after so many milliseconds. Whoever is dead hears no answer. */
  answer<T>(ms: number, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#time.after(ms, () => {
        if (!this.#alive) return;
        try {
          resolve(work());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }
}

/** What the dead are answered. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
