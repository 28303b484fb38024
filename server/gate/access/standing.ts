import { keyFault, keyRule, lastsUntil } from '../../../policy/key-rule.js';
import type { KeyFault } from '../../../policy/key-rule.js';
import type { CustomerName } from '../../../policy/names.js';
import type { KeyRule, Policy } from '../../../policy/policy.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Holder, Holders, Trust } from '../../store/holders.js';
import { isExpired } from '../../store/key-end.js';
import type { Certificate } from '../certificates/certificate.js';
import { NOTHING_REVOKED } from '../certificates/revocation-list.js';
import type { RevocationList } from '../certificates/revocation-list.js';
import type { Identity } from '../session/identity.js';
import { factsOf } from '../keys/key-rules.js';
import * as words from '../text/words.js';

/** Why somebody may not be here. */
export type Absence =
  | 'customer-suspended'
  | 'key-revoked'
  | 'key-expired'
  | 'key-not-allowed'
  | 'authority-not-trusted'
  | 'certificate-revoked'
  | 'certificate-expired';

/** Whether somebody may be here at all, whatever else they may do. */
export type Standing =
  | {
      readonly here: true;
      /** When their key's time is over. Milliseconds since 1970; null: not unless something changes. */
      readonly until: number | null;
    }
  | {
      readonly here: false;
      readonly why: Absence;
      /** The part of the key that the policy does not allow; null for every other reason. */
      readonly fault: KeyFault | null;
    };

/** Asks whether somebody may be here. @returns null for yes */
export type AskStanding = (identity: KeyUser) => Refusal | null;

/** The parts of an identity that standing depends on. */
type KeyUser = Pick<Identity, 'customer' | 'fingerprint' | 'certificate'> & {
  /** Null: nobody logs in with it. */
  readonly verified: boolean | null;
};

/** What standing depends on besides the store and the policy. */
export interface Proof {
  /** The certificate of the login; without one the key is a registered one. */
  readonly certificate?: Certificate | undefined;
  /** When left out, nothing is revoked. */
  readonly revoked?: RevocationList | undefined;
}

/**
 * Decides whether somebody may be here. Login, sessions, permits and revocation all rest on it. The account
 * must be open, the key registered and its own time not over, and the policy's rules for keys must allow it.
 * A certificate's CA must be trusted for this customer; the rules for keys hold for the CA's key, too.
 *
 * @param policy null where none can be read; then its rules for keys do not apply
 * @param verified whether a security key has verified its user at the login; null before a login
 */
export function standing(
  policy: Policy | null,
  customer: CustomerName,
  holder: Holder,
  verified: boolean | null,
  now: Date,
  { certificate, revoked = NOTHING_REVOKED }: Proof = {},
): Standing {
  if (holder.suspended) return absent('customer-suspended');
  const { key, trust } = holder;
  if (certificate !== undefined || trust !== undefined) {
    const isTrusted = certificate !== undefined && isTrustedFor(customer, trust ?? null, certificate, policy);
    if (key === null || !isTrusted) return absent('authority-not-trusted');
    if (trust?.keyRemoved === true || revoked.revokesCertificate(certificate))
      return absent('certificate-revoked');
  } else if (key === null || revoked.revokesKey(key.blob)) return absent('key-revoked');
  if (isExpired(key, now.toISOString()))
    return absent(certificate === undefined ? 'key-expired' : 'certificate-expired');
  const own = key.expiresAt === null ? null : Date.parse(key.expiresAt);
  if (policy === null || policy.keyRules.length === 0) return { here: true, until: own };
  const rule = keyRule(policy, customer, holder.rolesHeld());
  if (rule === undefined) return { here: true, until: own };
  const fault = keyFault(rule, factsOf(key, key.addedAt, verified), now);
  if (fault !== null) return absent('key-not-allowed', fault);
  const authority = certificate === undefined ? null : authorityFault(rule, certificate, now);
  if (authority !== null) return absent('key-not-allowed', authority);
  const ruled = lastsUntil(rule, key.addedAt)?.getTime() ?? null;
  return { here: true, until: earlier(own, ruled) };
}

/** The words for the customer; the detail has the true reason. */
export function absenceRefusal({ why, fault }: Extract<Standing, { here: false }>): Refusal {
  switch (why) {
    case 'customer-suspended':
      return words.suspended();
    case 'key-revoked':
      return words.keyRevoked();
    case 'key-expired':
      return words.keyOver('the time of the key is over');
    case 'authority-not-trusted':
      return words.certificateOver('the CA of the certificate is not trusted for the customer');
    case 'certificate-revoked':
      return words.certificateOver(
        'the key was removed, or the list of revoked keys names the certificate, its key or its CA',
      );
    case 'certificate-expired':
      return words.certificateOver('the time of the certificate is over');
    case 'key-not-allowed':
      if (fault === 'age') return words.keyOver('the key is older than the policy allows');
      if (fault === 'verification') return words.keyNotVerified();
      return words.keyNotAllowed(`the policy does not allow the ${fault ?? 'kind'} of the key`);
  }
}

/** Asks `standing` about a customer who has logged in, from what is stored now. */
export class StandingCheck {
  readonly #holders: Pick<Holders, 'find'>;
  readonly #inForce: { readonly policy: Policy };
  readonly #clock: () => Date;
  readonly #revoked: RevocationList;

  constructor(
    holders: Pick<Holders, 'find'>,
    inForce: { readonly policy: Policy },
    clock: () => Date = () => new Date(),
    revoked: RevocationList = NOTHING_REVOKED,
  ) {
    this.#holders = holders;
    this.#inForce = inForce;
    this.#clock = clock;
    this.#revoked = revoked;
  }

  of({ customer, fingerprint, verified, certificate }: KeyUser): Standing {
    const holder = this.#holders.find(customer, fingerprint, certificate);
    const proof = { certificate: certificate?.certificate, revoked: this.#revoked };
    return standing(this.#inForce.policy, customer, holder, verified, this.#clock(), proof);
  }

  readonly refusal: AskStanding = (identity) => {
    const found = this.of(identity);
    return found.here ? null : absenceRefusal(found);
  };
}

/** Whether the certificate's CA speaks for this customer, and not for one who had the name before. */
function isTrustedFor(
  customer: CustomerName,
  trust: Trust | null,
  { validAfter }: Certificate,
  policy: Policy | null,
): boolean {
  if (trust === null || (trust.namedAt !== null && validAfter < Date.parse(trust.namedAt))) return false;
  return speaksFor(customer, trust, policy);
}

/** Whether a CA may speak for the customer. Without a policy no group has members. */
export function speaksFor(
  customer: CustomerName,
  { everybody, listed, groups }: Pick<Trust, 'everybody' | 'listed' | 'groups'>,
  policy: Policy | null,
): boolean {
  return everybody || listed || groups.some((group) => isMember(policy, group, customer));
}

/** A CA's key has neither an age here nor a user to verify. */
function authorityFault(rule: KeyRule, { authority }: Certificate, now: Date): KeyFault | null {
  return keyFault({ ...rule, verified: false }, factsOf(authority, null, null), now);
}

function isMember(policy: Policy | null, group: string, customer: CustomerName): boolean {
  return (
    policy !== null &&
    Object.hasOwn(policy.groups, group) &&
    policy.groups[group]?.includes(customer) === true
  );
}

function absent(why: Absence, fault: KeyFault | null = null): Standing {
  return { here: false, why, fault };
}

/** The earlier of two moments; null: never. */
export function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
