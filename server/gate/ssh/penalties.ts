interface Past {
  refused: number;
  lastRefusedAt: number;
  /** The number of penalties so far; each doubles the next. */
  level: number;
  until: number;
}

/** After this long without a refusal, the penalties before are forgotten. */
const FORGET_MS = 60 * 60 * 1000;
const LONGEST_MS = 60 * 60 * 1000;
/** The most sources that are remembered; beyond, the one that was refused longest ago is forgotten. */
const MOST_SOURCES = 10_000;

/**
 * Closes the connections of sources whose logins are refused too often. It closes them before the key
 * exchange, because that is what costs. One refusal is forgotten each `penaltySeconds`, so that a monitor
 * that looks in now and then is never penalised. A login that succeeds clears its source: behind one address
 * there may be many customers, and the penalty is there to save work, not to guard the keys.
 */
export class Penalties {
  readonly #after: number;
  readonly #firstMs: number;
  readonly #now: () => number;
  readonly #sources = new Map<string, Past>();

  /** @param now a clock that never goes back, in milliseconds */
  constructor(
    { penaltyAfter, penaltySeconds }: { penaltyAfter: number; penaltySeconds: number },
    now: () => number = () => performance.now(),
  ) {
    this.#after = penaltyAfter;
    this.#firstMs = penaltySeconds * 1000;
    this.#now = now;
  }

  isPenalised(bucket: string): boolean {
    const record = this.#sources.get(bucket);
    return record !== undefined && this.#now() < record.until;
  }

  /** @returns the seconds of the penalty that this refusal has earned, or 0 */
  refused(bucket: string): number {
    const now = this.#now();
    let record = this.#sources.get(bucket);
    if (record === undefined || now - Math.max(record.lastRefusedAt, record.until) > FORGET_MS) {
      record = { refused: 0, lastRefusedAt: now, level: 0, until: 0 };
    }
    // Deleted and set again, so that the map is in the order of the last refusals.
    this.#sources.delete(bucket);
    this.#sources.set(bucket, record);
    if (this.#sources.size > MOST_SOURCES) {
      const [oldest] = this.#sources.keys();
      if (oldest !== undefined) this.#sources.delete(oldest);
    }
    record.refused = Math.max(0, record.refused - (now - record.lastRefusedAt) / this.#firstMs) + 1;
    record.lastRefusedAt = now;
    if (Math.ceil(record.refused) < this.#after || now < record.until) return 0;
    const ms = Math.min(LONGEST_MS, this.#firstMs * 2 ** record.level);
    record.level += 1;
    record.refused = 0;
    record.until = now + ms;
    return ms / 1000;
  }

  succeeded(bucket: string): void {
    this.#sources.delete(bucket);
  }

  /** Sources remembered now. */
  get size(): number {
    return this.#sources.size;
  }
}
