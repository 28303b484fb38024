import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { OperationRequest } from '../../wire/operation.js';
import { createsDomain } from './operation.js';
import type { OperationBook } from './operation-book.js';

const MINUTE_MS = 60_000;
const REQUESTS_PER_MINUTE = 600;

export interface LimitSettings {
  readonly createsPerDomain: { readonly count: number; readonly windowSeconds: number };
  readonly powerOffsPerMinute: number;
}

/**
 * What the host puts up with whoever asks, a gate in an attacker's hands included. Counted from the journal, so that a restart
 * forgets nothing.
 */
export class HostLimits {
  readonly #settings: LimitSettings;
  readonly #book: Pick<OperationBook, 'countedSince' | 'requestedSince'>;

  constructor(settings: LimitSettings, book: Pick<OperationBook, 'countedSince' | 'requestedSince'>) {
    this.#settings = settings;
    this.#book = book;
  }

  /** @returns the refusal when one more would be too many */
  check(request: Pick<OperationRequest, 'domain' | 'verb'>, now: number): Refusal | null {
    return this.checkAll(now) ?? this.#checkVerb(request, now);
  }

  /** For requests that change nothing as well: each is written to the journal, and disks are not endless. */
  checkAll(now: number): Refusal | null {
    if (this.#book.requestedSince(now - MINUTE_MS) < REQUESTS_PER_MINUTE) return null;
    return refusal('host-limit', 'The host is asked too much at once. Try again in a minute.');
  }

  #checkVerb(request: Pick<OperationRequest, 'domain' | 'verb'>, now: number): Refusal | null {
    const { createsPerDomain, powerOffsPerMinute } = this.#settings;
    if (createsDomain(request.verb)) {
      const since = now - createsPerDomain.windowSeconds * 1000;
      const creates = this.#book
        .countedSince(since)
        .filter((operation) => operation.creates && operation.request.domain === request.domain);
      if (creates.length >= createsPerDomain.count) {
        return refusal(
          'host-limit',
          'It was started too often lately. Wait a while, then try again.',
          `${creates.length} creates of ${request.domain} in ${createsPerDomain.windowSeconds} s`,
        );
      }
    }
    if (request.verb === 'poweroff') {
      const offs = this.#book
        .countedSince(now - MINUTE_MS)
        .filter(({ request: { verb } }) => verb === 'poweroff');
      if (offs.length >= powerOffsPerMinute) {
        return refusal('host-limit', 'The host is switching off too much at once. Try again in a minute.');
      }
    }
    return null;
  }
}
