import { Slices } from '../scheduling/slices.js';

/** Called about a customer who types nothing. */
interface IdleCallbacks {
  /** It ends in so many seconds unless something is typed. */
  warn(seconds: number): void;
  /** Something was typed after the warning. */
  back(): void;
  over(): void;
}

/**
 * How long before the end the warning comes, at most; for a short limit, half of that limit. Milliseconds.
 */
const WARNING = 60_000;

/** The longest that a timer of Node.js can wait. Milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** In which all of them are warned and ended: the limits of thousands may be over in the same moment. */
const SHARED = new Slices();

/** Calls `over` when nothing was typed for too long, with a warning before. */
export class IdleWatch {
  readonly #limit: () => number | null;
  readonly #callbacks: IdleCallbacks;
  readonly #slices: Pick<Slices, 'runInTime'>;
  #since = performance.now();
  #timer: NodeJS.Timeout | null = null;
  #review: NodeJS.Immediate | null = null;
  #warned = false;
  #over = false;

  /** @param limit seconds; null for none. Asked at each review, as it may have changed */
  constructor(
    limit: () => number | null,
    callbacks: IdleCallbacks,
    slices: Pick<Slices, 'runInTime'> = SHARED,
  ) {
    this.#limit = limit;
    this.#callbacks = callbacks;
    this.#slices = slices;
    this.review();
  }

  /** Call it when something was typed. */
  touch(): void {
    this.#since = performance.now();
    if (!this.#warned || this.#over) return;
    this.#warned = false;
    this.#callbacks.back();
    this.review();
  }

  /** Call it when the limit may have changed. */
  review(): void {
    this.#stop();
    const seconds = this.#over ? null : this.#limit();
    if (seconds === null) return;
    const limit = seconds * 1000;
    const warning = Math.min(WARNING, limit / 2);
    let left = this.#since + limit - performance.now();
    if (left <= warning && !this.#warned) {
      // A limit that has just become this short gives a warning too.
      this.#warned = true;
      this.#since += warning - left;
      left = warning;
      this.#callbacks.warn(Math.ceil(warning / 1000));
    }
    if (left <= 0) {
      this.#over = true;
      this.#callbacks.over();
      return;
    }
    // A timer may be early by a fraction.
    const wait = Math.ceil(left > warning ? left - warning : left) + 1;
    this.#timer = setTimeout(
      () => {
        // The loop first reads the keys that came while the host let nothing run.
        this.#review = setImmediate(() => {
          void this.#slices.runInTime(() => {
            this.review();
            return false;
          });
        });
      },
      Math.min(wait, LONGEST),
    );
  }

  /** Twice is harmless. */
  dispose(): void {
    this.#over = true;
    this.#stop();
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#review !== null) clearImmediate(this.#review);
    this.#timer = null;
    this.#review = null;
  }
}
