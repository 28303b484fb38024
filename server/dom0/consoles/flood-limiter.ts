/** 60 KiB in 4 ms: 15 MB/s. */
const WINDOW_MS = 4;
const WINDOW_BYTES = 60 * 1024;

/** A console that took no more than this in a window is no flood, and is never paused. */
const QUIET_BYTES = 8 * 1024;

/** A console counts as typed into for this long after a key. */
const TYPING_MS = 1_000;

/**
 * Lets floods pass at full speed while nobody minds. While somebody types into another console, it limits all
 * consoles together to 15 MB/s: echoes then come between the flood's reads. What goes to a hundred attachments counts
 * a hundred times, so a console with many readers is read once in each window.
 */
export class FloodLimiter {
  readonly #typedAt = new Map<object, number>();
  #spentBy = new Map<object, number>();
  #spent = 0;
  #windowStart = 0;
  readonly #now: () => number;

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  typed(console: object): void {
    const now = this.#now();
    this.#typedAt.delete(console);
    this.#typedAt.set(console, now);
    this.#forget(now);
  }

  /**
   * @param bytes that were read of it
   * @param readers to how many attachments they went
   * @returns how many milliseconds this console should not be read; 0 to go on
   */
  spend(console: object, bytes: number, readers = 1): number {
    const now = this.#now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#spent = 0;
      this.#spentBy = new Map();
    }
    const own = (this.#spentBy.get(console) ?? 0) + bytes;
    this.#spentBy.set(console, own);
    this.#spent += bytes * Math.max(1, readers);
    if (this.#spent < WINDOW_BYTES || own <= QUIET_BYTES || !this.#areOthersTyping(console, now)) return 0;
    return Math.max(1, Math.ceil(this.#windowStart + WINDOW_MS - now));
  }

  #areOthersTyping(console: object, now: number): boolean {
    this.#forget(now);
    return this.#typedAt.size > (this.#typedAt.has(console) ? 1 : 0);
  }

  /** The map is in the order of the last keys. */
  #forget(now: number): void {
    for (const [console, at] of this.#typedAt) {
      if (now - at <= TYPING_MS) return;
      this.#typedAt.delete(console);
    }
  }
}
