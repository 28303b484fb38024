import type { CustomerName, Fingerprint } from '../../../policy/names.js';
import { CustomerRateLimit } from '../access/customer-rate-limit.js';
import type { RateLimit } from '../access/customer-rate-limit.js';
import { BoundedMap, TokenBucket, type Now } from '../../wire/token-bucket.js';

/** One source may have so many refused logins recorded at once, and one more after each ten minutes. */
const PER_SOURCE = { most: 10, refillMs: 10 * 60 * 1000 } as const;
/** The same for all sources together: at most some 9,000 rows a day, a few megabytes. */
const ALL_SOURCES = { most: 1000, refillMs: 10 * 1000 } as const;
const MOST_SOURCES = 10_000;
/**
 * The same for each security key whose counter goes back. Its holder has signed, so no stranger can use this up
 * before an owner.
 */
const MOST_KEYS = 1000;

/**
 * Limits what may be written to the audit log from outside. Rows stay: nobody must be able to fill the disk,
 * because then nobody's domain could be changed any more.
 *
 * Refused logins beyond the budget are left out and counted, and the next row of that source says how many.
 * The same goes for their lines in the ordinary log (`RateLimitedLog`). Acts of a customer are never left
 * out: beyond the budget they are refused.
 */
export class AuditBudget {
  readonly #allSources: TokenBucket;
  readonly #sources: BoundedMap<string, { readonly bucket: TokenBucket; leftOut: number }>;
  readonly #securityKeys: BoundedMap<Fingerprint, TokenBucket>;
  /**
   * Logins and sessions of each customer: some 90,000 a day, two rows each. That serves a monitor that looks
   * every second.
   */
  readonly #customers: RateLimit;

  constructor(now: Now = () => performance.now(), customers: RateLimit = new CustomerRateLimit(now)) {
    this.#allSources = new TokenBucket(ALL_SOURCES, now);
    this.#sources = new BoundedMap(MOST_SOURCES, () => ({
      bucket: new TokenBucket(PER_SOURCE, now),
      leftOut: 0,
    }));
    this.#securityKeys = new BoundedMap(MOST_KEYS, () => new TokenBucket(PER_SOURCE, now));
    this.#customers = customers;
  }

  /** @returns how many were left out before, when this one must be recorded; null when it must not */
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

  /** @returns whether it must be recorded that the counter of this security key went back */
  counterWentBack(fingerprint: Fingerprint): boolean {
    return this.#securityKeys.of(fingerprint).spend();
  }

  /** @returns whether this customer may log in, or open a session, once more now */
  opening(customer: CustomerName): boolean {
    return this.#customers.check(customer) === null;
  }
}
