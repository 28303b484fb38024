import type { DomainName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { BoundedMap, TokenBucket } from '../../wire/token-bucket.js';
import type { HostClock } from '../scheduling/host-clock.js';

/** So many refusals of one domain at once, and one more after each ten seconds. */
const REFUSALS = { most: 20, refillMs: 10_000 } as const;
const MOST_DOMAINS = 10_000;

/**
 * Bounds how often a create is judged by its disks and a dry run of the toolstack, and refused. It counts for no other
 * limit, because it is not written, but each one starts a process of the toolstack. The count is for each domain:
 * nobody's refusals delay another's start.
 */
export class RefusedCreates {
  readonly #domains: BoundedMap<DomainName, TokenBucket>;

  constructor(host: Pick<HostClock, 'uptime'>) {
    this.#domains = new BoundedMap(MOST_DOMAINS, () => new TokenBucket(REFUSALS, () => host.uptime()));
  }

  /** @returns the refusal of one that must not be judged now */
  check(domain: DomainName): Refusal | null {
    if (!this.#domains.of(domain).isEmpty) return null;
    return refusal(
      'host-limit',
      'Its host refused to start it too often lately. Wait a minute, then try again.',
      `${domain}: see the refusals before this one`,
    );
  }

  /** Counts one that was judged and refused. */
  add(domain: DomainName): void {
    this.#domains.of(domain).spend();
  }
}
