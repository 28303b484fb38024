/** A burst of this size is kept whole, before the rate counts. A boot prints about a tenth of it. */
const BURST_BYTES = 4 * 1024 * 1024;

/**
 * After too much output nothing is kept until this many seconds' worth of the rate is free: a flood leaves
 * few long pieces instead of many short ones.
 */
const PAUSE_SECONDS = 2;

/** Limits the kept bytes of one domain: a burst is kept whole, then this many bytes a second. */
export class RateCap {
  readonly #perSecond: number;
  readonly #burst: number;
  #level: number;
  #at: number | null = null;
  #closed = false;

  constructor(perSecond: number, burst = BURST_BYTES) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#level = burst;
  }

  /**
   * @param now milliseconds of a monotonic clock @returns how many of these bytes may be kept, from the first
   */
  take(bytes: number, now: number): number {
    this.#level = Math.min(this.#burst, this.#level + ((now - (this.#at ?? now)) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#closed && this.#level < Math.min(this.#burst, PAUSE_SECONDS * this.#perSecond)) return 0;
    const taken = Math.min(bytes, Math.floor(this.#level));
    this.#closed = taken < bytes;
    this.#level -= taken;
    return taken;
  }
}
