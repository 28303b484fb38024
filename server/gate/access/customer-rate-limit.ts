import type { CustomerName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { BoundedMap, TokenBucket, type Now } from '../scheduling/token-bucket.js';
import * as words from '../text/words.js';

/** What one customer may ask for at once, and one more after each second. */
const PER_CUSTOMER = { most: 600, refillMs: 1000 } as const;
const MOST_CUSTOMERS = 10_000;

/**
 * How fast a customer may ask for what is written into the audit log. Every row lasts, and an own program in one open session
 * could otherwise fill the disk: then nobody's domain could be changed any more.
 */
export class CustomerRateLimit {
  readonly #buckets: BoundedMap<CustomerName, TokenBucket>;

  constructor(now: Now = () => performance.now()) {
    this.#buckets = new BoundedMap(MOST_CUSTOMERS, () => new TokenBucket(PER_CUSTOMER, now));
  }

  /** Counts one asking. @returns the refusal, which is not recorded, when there were too many */
  check(customer: CustomerName): Refusal | null {
    return this.#buckets.of(customer).spend() ? null : words.tooFast();
  }
}
