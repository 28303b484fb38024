import { FaultScope } from '../../wire/fault-scope.js';

/**
 * Calls each of many back after the same delay, with one timer for all. A timer of its own takes half a KiB for each of
 * thousands.
 */
export class EqualDelays<T> {
  readonly #milliseconds: number;
  readonly #due: (one: T) => void;
  /** Those that wait, the next one first, with the time at which it is due. */
  readonly #waiting = new Map<T, number>();
  #timer: NodeJS.Timeout | null = null;

  /** @param due must not throw */
  constructor(milliseconds: number, due: (one: T) => void) {
    this.#milliseconds = milliseconds;
    this.#due = due;
  }

  /** Begins its delay, anew when it waits already. */
  start(one: T): void {
    this.#waiting.delete(one);
    this.#waiting.set(one, performance.now() + this.#milliseconds);
    if (this.#timer === null) this.#arm(this.#milliseconds);
  }

  /** Twice is harmless. */
  stop(one: T): void {
    this.#waiting.delete(one);
    if (this.#waiting.size > 0 || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(milliseconds: number): void {
    FaultScope.within(undefined, () => {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#pass();
      }, milliseconds).unref();
    });
  }

  #pass(): void {
    const now = performance.now();
    for (const [one, at] of this.#waiting) {
      if (at > now) {
        if (this.#timer === null) this.#arm(at - now);
        return;
      }
      this.#waiting.delete(one);
      this.#due(one);
    }
  }
}
