interface Bucket {
  left: number;
  filledAt: number;
  /** Refusals not recorded since the last one that was. */
  silent: number;
}

/** Rows that one source may cause at once, and one more after each ten minutes. */
const PER_SOURCE = { most: 10, refillMs: 10 * 60 * 1000 } as const;
/** The same for all sources together: at most some 9,000 rows a day, a few megabytes. */
const ALTOGETHER = { most: 1000, refillMs: 10 * 1000 } as const;
const MOST_SOURCES = 10_000;

/**
 * How many refused logins are written to the audit log, which lasts: strangers must not be able to fill the disk.
 * What is left out is counted, and the next row of that source says how many. The ordinary log has them all.
 */
export class RefusalBudget {
  readonly #now: () => number;
  readonly #all: Bucket;
  readonly #sources = new Map<string, Bucket>();

  /** @param now a clock that never goes back, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#all = { left: ALTOGETHER.most, filledAt: now(), silent: 0 };
  }

  /** @returns how many were left out before, when this one is to be recorded; null when it is not */
  spend(bucket: string): number | null {
    const source = this.#source(bucket);
    refill(source, PER_SOURCE, this.#now());
    refill(this.#all, ALTOGETHER, this.#now());
    if (source.left < 1 || this.#all.left < 1) {
      source.silent += 1;
      return null;
    }
    source.left -= 1;
    this.#all.left -= 1;
    const { silent } = source;
    source.silent = 0;
    return silent;
  }

  #source(bucket: string): Bucket {
    const known = this.#sources.get(bucket);
    if (known !== undefined) return known;
    if (this.#sources.size >= MOST_SOURCES) {
      const [oldest] = this.#sources.keys();
      if (oldest !== undefined) this.#sources.delete(oldest);
    }
    const fresh = { left: PER_SOURCE.most, filledAt: this.#now(), silent: 0 };
    this.#sources.set(bucket, fresh);
    return fresh;
  }
}

function refill(bucket: Bucket, { most, refillMs }: { most: number; refillMs: number }, now: number): void {
  const earned = Math.floor((now - bucket.filledAt) / refillMs);
  if (earned <= 0) return;
  bucket.left = Math.min(most, bucket.left + earned);
  bucket.filledAt += earned * refillMs;
}
