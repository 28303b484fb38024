import type { VirtualTime } from './virtual-time.js';

/**
 * One run of a half, from start to end. Every outside action of the half goes through here. So the half can
 * be killed at each of them, and hears nothing afterwards.
 */
export class Life {
  readonly number: number;
  readonly bornAt: number;
  readonly #time: VirtualTime;
  readonly #ended: () => void;
  #alive = true;
  /** Outside actions left before it is killed. */
  #left = Infinity;

  /** @param ended called when `killAfter` kills it */
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

  /** Call it before every outside action. @returns false when the half is dead and must not act */
  may(): boolean {
    if (!this.#alive) return false;
    this.#left -= 1;
    if (this.#left >= 0) return true;
    this.#alive = false;
    this.#ended();
    return false;
  }

  /** Calls after this many milliseconds, if it is alive then. */
  after(ms: number, call: () => void): () => void {
    return this.#time.after(ms, () => {
      if (this.may()) call();
    });
  }

  /** Answers after this many milliseconds. A dead half gets no answer. */
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

/** The answer to a dead half. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
