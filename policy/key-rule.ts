import { duration } from './denial.js';
import { isSecurityKeyType, SECURITY_KEY_TYPES, type KeyType } from './key-types.js';
import { namesCustomer, namesRole } from './match.js';
import type { CustomerName } from './names.js';
import type { KeyRule, Policy } from './policy.js';
import type { Role } from './roles.js';

/** The facts about a public key that rules ask for. */
export interface KeyFacts {
  readonly type: string;
  /** The size of an RSA key's modulus; null for other types, which imply their size. */
  readonly rsaBits: number | null;
  /** ISO 8601; null for a key that is not added yet. */
  readonly addedAt: string | null;
  /**
   * Whether the security key has verified its user at the login (by PIN or fingerprint). Null: nobody has
   * logged in with it, as when it is added.
   */
  readonly verified: boolean | null;
}

/** The requirement that a key does not meet. */
export type KeyFault = 'type' | 'bits' | 'age' | 'verification';

/**
 * The first rule for keys that names this customer.
 *
 * @param rolesHeld every role that the customer holds on any domain
 */
export function keyRule(
  policy: Policy,
  customer: CustomerName,
  rolesHeld: readonly Role[],
): KeyRule | undefined {
  return policy.keyRules.find(
    ({ subjects }) => namesCustomer(policy, subjects, customer) && namesRole(subjects, rolesHeld),
  );
}

/** The first requirement that the key does not meet; null when it may be used. */
export function keyFault(rule: KeyRule, facts: KeyFacts, now: Date): KeyFault | null {
  const { type, rsaBits, addedAt, verified } = facts;
  if (rule.types.length > 0 && !rule.types.includes(type as KeyType)) return 'type';
  // Only a security key can verify its user.
  if (rule.verified && !isSecurityKeyType(type)) return 'type';
  if (rsaBits !== null && rule.rsaBits !== null && rsaBits < rule.rsaBits) return 'bits';
  const end = addedAt === null ? null : lastsUntil(rule, addedAt);
  if (end !== null && end <= now) return 'age';
  return rule.verified && verified === false ? 'verification' : null;
}

/** The types that the rule allows, for a sentence or a check of the rule. Empty: all, or none with `verified`. */
export function typesOf({ types, verified }: Pick<KeyRule, 'types' | 'verified'>): readonly KeyType[] {
  if (!verified) return types;
  return types.length === 0 ? SECURITY_KEY_TYPES : types.filter((type) => isSecurityKeyType(type));
}

/** When a key added at this time stops working; null when the rule sets no age. */
export function lastsUntil({ maxAgeSeconds }: KeyRule, addedAt: string): Date | null {
  return maxAgeSeconds === null ? null : new Date(Date.parse(addedAt) + maxAgeSeconds * 1000);
}

/** A half sentence for the customer who adds such a key, like those about unreadable keys. */
export function keyFaultMessage(rule: KeyRule, fault: KeyFault, { type, rsaBits }: KeyFacts): string {
  switch (fault) {
    case 'type':
      return `keys of the type ${type} are not taken from you: make one of ${typesOf(rule).join(', ')}, as with \`ssh-keygen -t ${MAKING[typesOf(rule)[0] ?? 'ssh-ed25519']}${rule.verified ? ' -O verify-required' : ''}\``;
    case 'bits':
      return `this RSA key has ${rsaBits ?? 0} bits, and ${rule.rsaBits ?? 0} is the least for you: make a new key with \`ssh-keygen -t rsa -b ${rule.rsaBits ?? 0}\``;
    case 'age':
      return `this key was added more than ${duration(rule.maxAgeSeconds ?? 0)} ago: make a new one`;
    case 'verification':
      return 'this key was used without the PIN or the fingerprint of its user: make one with `ssh-keygen -t ed25519-sk -O verify-required`';
  }
}

const MAKING: Readonly<Record<KeyType, string>> = {
  'ssh-ed25519': 'ed25519',
  'ecdsa-sha2-nistp256': 'ecdsa -b 256',
  'ecdsa-sha2-nistp384': 'ecdsa -b 384',
  'ecdsa-sha2-nistp521': 'ecdsa -b 521',
  'sk-ssh-ed25519@openssh.com': 'ed25519-sk',
  'sk-ecdsa-sha2-nistp256@openssh.com': 'ecdsa-sk',
  'ssh-rsa': 'rsa',
};
