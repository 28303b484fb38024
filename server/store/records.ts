import type { CustomerName, DomainName, Fingerprint, ParameterName } from '../../policy/names.js';
import type { Role } from '../../policy/roles.js';

/** Who owns domains and keys. Times are ISO 8601, UTC. */
export interface Customer {
  readonly name: CustomerName;
  readonly since: string;
  /** Since when they have this name: what is found under it from before is another's. */
  readonly namedAt: string;
  /** Null while the customer may log in. */
  readonly suspendedAt: string | null;
}

/** A public key of one customer. Unique is (customer, fingerprint). */
export interface Key {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  /** The key type, as in RFC 4253 §6.6: `ssh-ed25519`. */
  readonly type: string;
  /** The public key blob of RFC 4253 §6.6. */
  readonly blob: Buffer;
  readonly comment: string;
  readonly addedAt: string;
  readonly lastUsedAt: string | null;
  /** From then on it is as if it were not there; null: never. */
  readonly expiresAt: string | null;
}

/** The stored row customer × domain. Nothing from before `since` is ever shown. */
export interface RoleRow {
  readonly customer: CustomerName;
  readonly domain: DomainName;
  readonly role: Role;
  readonly since: string;
  /** False while the domain is retired and not adopted: the row then counts for nothing. */
  readonly counts: boolean;
}

/** A value that an admin has set for a domain. */
export interface ParameterRow {
  readonly name: ParameterName;
  readonly value: string;
  /** False while the domain is retired and not adopted: the row then counts for nothing. */
  readonly counts: boolean;
}

/** A domain's name as the gate remembers it. */
export interface DomainRecord {
  readonly name: DomainName;
  readonly firstSeenAt: string;
  /** Set while the name counts as given up: it was gone from all hosts, and no admin adopted it since. */
  readonly retiredAt: string | null;
}
