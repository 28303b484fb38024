import type { CustomerName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { BoundedMap, TokenBucket, type Now } from '../../wire/token-bucket.js';
import * as words from '../text/words.js';

/** One customer may make this many requests at once, and one more after each second. */
export const PER_CUSTOMER = { most: 600, refillMs: 1000 } as const;
const MOST_CUSTOMERS = 10_000;

/** How fast a customer may do what the audit log records. */
export interface RateLimit {
  /** Counts one request. @returns the refusal, which is not recorded, when there were too many */
  check(customer: CustomerName): Refusal | null;
}

/**
 * Limits how fast a customer may make requests that the audit log records. Every row stays, so a customer's
 * program in one open session could otherwise fill the disk. Then nobody's domain could be changed any more.
 */
export class CustomerRateLimit implements RateLimit {
  readonly #buckets: BoundedMap<CustomerName, TokenBucket>;

  constructor(now: Now = () => performance.now()) {
    this.#buckets = new BoundedMap(MOST_CUSTOMERS, () => new TokenBucket(PER_CUSTOMER, now));
  }

  /** Counts one request. @returns the refusal, which is not recorded, when there were too many */
  check(customer: CustomerName): Refusal | null {
    return this.#buckets.of(customer).spend() ? null : words.tooFast();
  }
}
