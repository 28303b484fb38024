import type { CustomerName } from '../../../policy/names.js';
import { CustomerRateLimit } from '../access/customer-rate-limit.js';
import { BoundedMap, TokenBucket, type Now } from '../scheduling/token-bucket.js';

/** Refused logins that one source may have recorded at once, and one more after each ten minutes. */
const PER_SOURCE = { most: 10, refillMs: 10 * 60 * 1000 } as const;
/** The same for all sources together: at most some 9,000 rows a day, a few megabytes. */
const ALL_SOURCES = { most: 1000, refillMs: 10 * 1000 } as const;
const MOST_SOURCES = 10_000;

/**
 * How much may be written to the audit log from outside, which lasts: nobody must be able to fill the disk, as then
 * nobody's domain could be changed any more.
 *
 * Refused logins beyond the budget are left out and counted, and the next row of that source says how many; so
 * are their lines in the ordinary log (`RateLimitedLog`). What a customer does is never left out: beyond the budget it is refused.
 */
export class AuditBudget {
  readonly #allSources: TokenBucket;
  readonly #sources: BoundedMap<string, { readonly bucket: TokenBucket; leftOut: number }>;
  /** Logins and sessions: some 90,000 a day, two rows each. A monitor that looks every second is served. */
  readonly #customers: CustomerRateLimit;

  constructor(now: Now = () => performance.now()) {
    this.#allSources = new TokenBucket(ALL_SOURCES, now);
    this.#sources = new BoundedMap(MOST_SOURCES, () => ({
      bucket: new TokenBucket(PER_SOURCE, now),
      leftOut: 0,
    }));
    this.#customers = new CustomerRateLimit(now);
  }

  /** @returns how many were left out before, when this one is to be recorded; null when it is not */
  refusedLogin(source: string): number | null {
    const entry = this.#sources.of(source);
    if (entry.bucket.isEmpty || !this.#allSources.spend()) {
      entry.leftOut += 1;
      return null;
    }
    entry.bucket.spend();
    const { leftOut } = entry;
    entry.leftOut = 0;
    return leftOut;
  }

  /** @returns whether this customer may log in, or open a session, once more now */
  opening(customer: CustomerName): boolean {
    return this.#customers.check(customer) === null;
  }
}
