import { duration } from './denial.js';
import type { KeyType } from './key-types.js';
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
}

/** The requirement that a key does not meet. */
export type KeyFault = 'type' | 'bits' | 'age';

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
export function keyFault(rule: KeyRule, { type, rsaBits, addedAt }: KeyFacts, now: Date): KeyFault | null {
  if (rule.types.length > 0 && !rule.types.includes(type as KeyType)) return 'type';
  if (rsaBits !== null && rule.rsaBits !== null && rsaBits < rule.rsaBits) return 'bits';
  const end = addedAt === null ? null : lastsUntil(rule, addedAt);
  return end !== null && end <= now ? 'age' : null;
}

/** When a key added at this time stops working; null when the rule sets no age. */
export function lastsUntil({ maxAgeSeconds }: KeyRule, addedAt: string): Date | null {
  return maxAgeSeconds === null ? null : new Date(Date.parse(addedAt) + maxAgeSeconds * 1000);
}

/** A half sentence for the customer who adds such a key, like those about unreadable keys. */
export function keyFaultMessage(rule: KeyRule, fault: KeyFault, { type, rsaBits }: KeyFacts): string {
  switch (fault) {
    case 'type':
      return `keys of the type ${type} are not taken from you: make one of ${rule.types.join(', ')}, as with \`ssh-keygen -t ${MAKING[rule.types[0] ?? 'ssh-ed25519']}\``;
    case 'bits':
      return `this RSA key has ${rsaBits ?? 0} bits, and ${rule.rsaBits ?? 0} is the least for you: make a new key with \`ssh-keygen -t rsa -b ${rule.rsaBits ?? 0}\``;
    case 'age':
      return `this key was added more than ${duration(rule.maxAgeSeconds ?? 0)} ago: make a new one`;
  }
}

const MAKING: Readonly<Record<KeyType, string>> = {
  'ssh-ed25519': 'ed25519',
  'ecdsa-sha2-nistp256': 'ecdsa -b 256',
  'ecdsa-sha2-nistp384': 'ecdsa -b 384',
  'ecdsa-sha2-nistp521': 'ecdsa -b 521',
  'ssh-rsa': 'rsa',
};
