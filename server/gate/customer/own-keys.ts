import type { CustomerName, Fingerprint } from '../../../policy/names.js';
import { parseFingerprint } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { EventActor } from '../../store/audit-actor.js';
import type { LastKeyOptions } from '../../store/key-end.js';
import type { Key } from '../../store/records.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { actorOf } from '../audit/customer-actor.js';
import { CustomerRateLimit } from '../access/customer-rate-limit.js';
import type { RateLimit } from '../access/customer-rate-limit.js';
import type { Identity } from '../session/identity.js';
import type { KeyRules } from '../keys/key-rules.js';
import type { AskStanding } from '../access/standing.js';
import * as words from '../text/words.js';
import { asSentence } from '../text/sentence.js';

interface KeyStore {
  list(customer: CustomerName): readonly Key[];
  add(
    key: Pick<Key, 'customer' | 'fingerprint' | 'type' | 'blob' | 'comment'>,
    actor: EventActor,
    max: number,
  ): Key | Refusal;
  remove(
    customer: CustomerName,
    fingerprint: Fingerprint,
    actor: EventActor,
    options: LastKeyOptions,
  ): Key | Refusal;
}

interface OwnKeysParts {
  readonly keys: KeyStore;
  readonly standing: AskStanding;
  readonly rules: KeyRules;
  readonly rateLimit?: RateLimit;
}

/** Whether the customer is logged in with this registered key. */
export function isInUse({ fingerprint }: Pick<Key, 'fingerprint'>, identity: Identity): boolean {
  return fingerprint === identity.fingerprint && identity.certificate === undefined;
}

/** The keys that a customer logs in with, as the customer manages them. */
export class OwnKeys {
  readonly #keys: KeyStore;
  readonly #standing: AskStanding;
  readonly #rules: KeyRules;
  readonly #rateLimit: RateLimit;

  constructor({ keys, standing, rules, rateLimit = new CustomerRateLimit() }: OwnKeysParts) {
    this.#keys = keys;
    this.#standing = standing;
    this.#rules = rules;
    this.#rateLimit = rateLimit;
  }

  list(identity: Identity): readonly Key[] {
    return this.#keys.list(identity.customer).map((key) => this.#rules.withExpiry(key));
  }

  /** @param text one line as in `id_ed25519.pub` */
  add(identity: Identity, text: string): Key | Refusal {
    // A certificate has an end, and a key that it added would have none.
    if (identity.certificate !== undefined) return words.keysByCertificate();
    const key = this.#rules.read(identity.customer, text);
    if (isRefusal(key)) return key;
    const { fingerprint, type, blob, comment } = key;
    return this.#change(identity, () =>
      this.#keys.add(
        { customer: identity.customer, fingerprint, type, blob, comment },
        actorOf(identity),
        this.#rules.most(identity.customer),
      ),
    );
  }

  /**
   * Never removes the last key, and removes the one in use only when that was confirmed.
   *
   * @param text a fingerprint
   */
  remove(identity: Identity, text: string, options: { readonly confirmed: boolean }): Key | Refusal {
    const fingerprint = parseFingerprint(text);
    if (fingerprint === undefined) {
      return refusal(
        'no-such-key',
        'There is no such key. A key is named by its fingerprint: SHA256:…',
        'not a fingerprint',
      );
    }
    if (identity.certificate !== undefined) return words.keysByCertificate();
    if (fingerprint === identity.fingerprint && !options.confirmed) {
      return refusal(
        'needs-confirmation',
        'This is the key you are logged in with: removing it ends this connection and it cannot log in again. Say --yes to do it.',
      );
    }
    return this.#change(identity, () =>
      this.#keys.remove(identity.customer, fingerprint, actorOf(identity), {
        allowLast: false,
        endOf: (key) => this.#rules.endOf(key),
      }),
    );
  }

  /** A customer who may not be here any more changes nothing. */
  #change(identity: Identity, change: () => Key | Refusal): Key | Refusal {
    const tooFast = this.#rateLimit.check(identity.customer);
    if (tooFast !== null) return tooFast;
    const absent = this.#standing(identity);
    if (absent !== null) return absent;
    try {
      const result = change();
      if (isRefusal(result) && result.code === 'declared') return words.keyIsDeclared(result.detail);
      return isRefusal(result) ? { ...result, message: asSentence(result.message) } : result;
    } catch (fault) {
      if (fault instanceof AuditUnavailableError) return words.auditUnavailable(fault.message);
      throw fault;
    }
  }
}
