import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { OperationRequest } from '../../wire/operation.js';
import { REQUESTS_PER_MINUTE } from './limit-counts.js';
import type { LimitCounts, LimitSettings } from './limit-counts.js';
import { createsDomain } from './operation.js';

/** Refuses what is asked for more often than this half bears, whoever asks. */
export const TOO_MANY_REQUESTS = refusal(
  'host-limit',
  'The host has too many requests at once. Try again in a minute.',
);

/**
 * The limits that the host sets to everyone, even to a gate in an attacker's hands. They are counted from the
 * journal, so a restart forgets nothing. What is refused is not in it, and counts for none of them: it changes nothing.
 * What a refused create costs has a bound of its own (`RefusedCreates`).
 */
export class HostLimits {
  #settings: LimitSettings;
  readonly #counts: Pick<LimitCounts, 'creates' | 'powerOffs' | 'replace' | 'requests'>;

  constructor(
    settings: LimitSettings,
    counts: Pick<LimitCounts, 'creates' | 'powerOffs' | 'replace' | 'requests'>,
  ) {
    this.#settings = settings;
    this.#counts = counts;
  }

  /** Takes other settings: they count for the next request. */
  replace(settings: LimitSettings): void {
    this.#settings = settings;
    this.#counts.replace(settings);
  }

  /** @returns the refusal when one more would be too many */
  check(request: Pick<OperationRequest, 'domain' | 'verb'>, now: number): Refusal | null {
    return this.checkAll(now) ?? this.#checkVerb(request, now);
  }

  /** Also for requests that change nothing: each one is written to the journal, and disk space is finite. */
  checkAll(now: number): Refusal | null {
    if (this.#counts.requests(now) < REQUESTS_PER_MINUTE) return null;
    return TOO_MANY_REQUESTS;
  }

  #checkVerb({ domain, verb }: Pick<OperationRequest, 'domain' | 'verb'>, now: number): Refusal | null {
    const { createsPerDomain, powerOffsPerMinute } = this.#settings;
    const creates = createsDomain(verb) ? this.#counts.creates(domain, now) : 0;
    if (creates >= createsPerDomain.count) {
      return refusal(
        'host-limit',
        'It was started too often lately. Wait a while, then try again.',
        `${creates} creates of ${domain} in ${createsPerDomain.windowSeconds} s`,
      );
    }
    if (verb === 'poweroff' && this.#counts.powerOffs(now) >= powerOffsPerMinute) {
      return refusal('host-limit', 'The host has too many power-offs at once. Try again in a minute.');
    }
    return null;
  }
}
