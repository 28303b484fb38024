import { keyFault, keyFaultMessage, keyRule, lastsUntil } from '../../../policy/key-rule.js';
import type { KeyFacts } from '../../../policy/key-rule.js';
import type { CustomerName } from '../../../policy/names.js';
import type { KeyRule, Policy } from '../../../policy/policy.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Holders } from '../../store/holders.js';
import type { Key } from '../../store/records.js';
import { parsePublicKey, rsaBitsOf } from './public-key.js';
import type { PublicKey } from './public-key.js';

/** `keys:` of gate.yaml. */
export interface KeyLimits {
  readonly perCustomer: number;
  readonly rsaMinimumBits: number;
}

/** The end that stands for a key that may not be used at all. */
const LONG_AGO = new Date(0).toISOString();

interface KeyRulesParts {
  readonly settings: KeyLimits;
  readonly policy: () => Policy | null;
  readonly holders: Pick<Holders, 'rolesHeld'>;
}

/**
 * Decides which keys customers may add: by `keys:` of the policy, and where that is silent by the settings.
 * `standing` decides whether a key that they have may be used.
 */
export class KeyRules {
  readonly #parts: KeyRulesParts;

  /** @param parts `policy` gives null where none can be read; then the settings alone count */
  constructor(parts: KeyRulesParts) {
    this.#parts = parts;
  }

  /** How many keys a customer may have. */
  most(customer: CustomerName): number {
    return this.#rule(customer)?.count ?? this.#parts.settings.perCustomer;
  }

  /**
   * Reads a key that a customer is to have.
   *
   * @param text one line as in `id_ed25519.pub`
   */
  read(customer: CustomerName, text: string, now = new Date()): PublicKey | Refusal {
    const key = parsePublicKey(text, this.#parts.settings);
    const rule = this.#rule(customer);
    if (isRefusal(key) || rule === undefined) return key;
    const facts = factsOf(key, null, null);
    const fault = keyFault(rule, facts, now);
    return fault === null ? key : refusal('key-invalid', keyFaultMessage(rule, fault, facts));
  }

  /**
   * When a key can be used no more, for a caller that asks whether another is left. ISO 8601; null: never.
   */
  endOf(key: Key, now = new Date()): string | null {
    const rule = this.#rule(key.customer);
    const fault = rule === undefined ? null : keyFault(rule, factsOf(key, key.addedAt, null), now);
    return fault === null ? this.withExpiry(key).expiresAt : LONG_AGO;
  }

  /** The key with its real end: its own, or an earlier one by the policy. */
  withExpiry(key: Key): Key {
    const rule = this.#rule(key.customer);
    const end = rule === undefined ? null : (lastsUntil(rule, key.addedAt)?.toISOString() ?? null);
    if (end === null || (key.expiresAt !== null && key.expiresAt <= end)) return key;
    return { ...key, expiresAt: end };
  }

  #rule(customer: CustomerName): KeyRule | undefined {
    const { policy, holders } = this.#parts;
    const found = policy();
    if (found === null || found.keyRules.length === 0) return undefined;
    return keyRule(found, customer, holders.rolesHeld(customer));
  }
}

/**
 * The facts that rules ask of a key.
 *
 * @param addedAt null for a key that is not added yet
 * @param verified whether the security key has verified its user at the login; null without a login
 */
export function factsOf(
  { type, blob }: Pick<Key, 'type' | 'blob'>,
  addedAt: string | null,
  verified: boolean | null,
): KeyFacts {
  return { type, rsaBits: type === 'ssh-rsa' ? rsaBitsOf(blob) : null, addedAt, verified };
}
