import type { CustomerName, DomainName, Fingerprint, ParameterName } from '../../policy/names.js';
import type { Role } from '../../policy/roles.js';

/** Who owns domains and keys. Times are ISO 8601, UTC. */
export interface Customer {
  readonly name: CustomerName;
  readonly since: string;
  /** Since when they have this name: what is found under it from before is another's. */
  readonly namedAt: string;
  /** The row of the audit log that gave it: unlike a time, it is one place in the order of what happened. */
  readonly namedSeq: number;
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
  /** The row of the audit log that gave it. */
  readonly sinceSeq: number;
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

/**
 * Where a name is. `absent`: nobody shows it, and nobody who had it has said that it is gone; `suspected`: it is said to be gone, and is
 * not retired yet.
 */
const PRESENCES = ['present', 'absent', 'suspected'] as const;

export type NamePresence = (typeof PRESENCES)[number];

/** Why a name is retired. `gone`: it was gone from all hosts; `returned`: its host saw it go and come back; `admin`: an admin said so. */
const RETIREMENTS = ['gone', 'returned', 'admin'] as const;

export type Retirement = (typeof RETIREMENTS)[number];

/** A domain's name as the gate remembers it. */
export interface DomainRecord {
  readonly name: DomainName;
  readonly firstSeenAt: string;
  /** Set while the name counts as given up: no admin adopted it since. */
  readonly retiredAt: string | null;
  /** Null also for one from before it was recorded. */
  readonly retiredWhy: Retirement | null;
  readonly presence: NamePresence;
  /** Null while it is present. */
  readonly absentSince: string | null;
  /** For how long the gate has seen that it is said to be gone, in milliseconds. */
  readonly absentMs: number;
  /** It is not retired without an admin, as too many went at once. */
  readonly waiting: boolean;
  /** An admin has said that it is not gone: nothing is done until it is seen again. */
  readonly kept: boolean;
}

/** Which domain a name meant on one host, when that was heard last. */
export interface DomainIdentity {
  readonly domain: DomainName;
  readonly host: string;
  /** False where the host, or an earlier gate, does not say: `uuid` and `since` are null then. */
  readonly told: boolean;
  readonly uuid: string | null;
  /** The host's own time, ISO 8601. */
  readonly since: string | null;
  /** False: the host has said that it is gone. */
  readonly present: boolean;
  /** The host's own time, where it is known. */
  readonly goneAt: string | null;
}
