import type {
  AuthorityName,
  CustomerName,
  DomainName,
  Fingerprint,
  ParameterName,
} from '../../policy/names.js';
import type { Role } from '../../policy/roles.js';

/** The owner of domains and keys. Times are ISO 8601, UTC. */
export interface Customer {
  readonly name: CustomerName;
  readonly since: string;
  /** Since when they have this name: older rows under it are another customer's. */
  readonly namedAt: string;
  /** The audit row that gave the name. Unlike a time, it has one place in the order of events. */
  readonly namedSeq: number;
  /** Null while the customer may log in. */
  readonly suspendedAt: string | null;
  /** The file that suspends them; null: a hand did, or they may log in. */
  readonly suspendedBy: string | null;
  /** The file that declares it; null: it was made by hand. */
  readonly declared: string | null;
}

/** A public key of one customer. (customer, fingerprint) is unique. */
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
  /** From then on the key counts as missing; null: never. */
  readonly expiresAt: string | null;
  /** Whether the customer added it. */
  readonly own: boolean;
  /** The file that declares it; null: it was made by hand. */
  readonly declared: string | null;
}

/** For whom a CA may speak. */
export interface AuthorityScope {
  readonly everybody: boolean;
  /** By name, sorted. */
  readonly customers: readonly CustomerName[];
  /** Groups of the policy, sorted. */
  readonly groups: readonly string[];
}

/** A CA whose certificates let customers in. */
export interface Authority extends AuthorityScope {
  readonly name: AuthorityName;
  readonly fingerprint: Fingerprint;
  readonly type: string;
  /** The public key blob of RFC 4253 §6.6. */
  readonly blob: Buffer;
  readonly addedAt: string;
  /** The audit row that added it: the same key added again is another authority. */
  readonly sinceSeq: number;
  /** It was added for one customer by name, and for nobody else. */
  readonly sole: boolean;
  /** The file that declares it; null: it was made by hand. */
  readonly declared: string | null;
}

/** The stored row customer × domain. Nothing from before `since` is ever shown. */
export interface RoleRow {
  readonly customer: CustomerName;
  readonly domain: DomainName;
  readonly role: Role;
  readonly since: string;
  /** The audit row that gave the role. */
  readonly sinceSeq: number;
  /** From then on it counts for nothing; null: it has no end. */
  readonly until: string | null;
  /** The file that declares it; null: it was made by hand. */
  readonly declared: string | null;
  /** False when its time is over, or while the domain is retired and not adopted: it then counts for nothing. */
  readonly counts: boolean;
}

/** A value that an admin has set for a domain. */
export interface ParameterRow {
  readonly name: ParameterName;
  readonly value: string;
  /** The file that declares it; null: it was made by hand. */
  readonly declared: string | null;
  /** False while the domain is retired and not adopted: the row then counts for nothing. */
  readonly counts: boolean;
}

/**
 * Where a name is. `absent`: no host shows it, and no host that had it says that it is gone. `suspected`: it
 * is said to be gone, but is not retired yet.
 */
const PRESENCES = ['present', 'absent', 'suspected'] as const;

export type NamePresence = (typeof PRESENCES)[number];

/**
 * Why a name is retired. `gone`: it was gone from all hosts. `returned`: its host saw it go and come back.
 * `admin`: an admin said so.
 */
const RETIREMENTS = ['gone', 'returned', 'admin'] as const;

export type Retirement = (typeof RETIREMENTS)[number];

/** A domain's name as the gate remembers it. */
export interface DomainRecord {
  readonly name: DomainName;
  readonly firstSeenAt: string;
  /** Set while the name counts as given up, because no admin has adopted it since. */
  readonly retiredAt: string | null;
  /** Also null when it was retired before the reason was recorded. */
  readonly retiredWhy: Retirement | null;
  readonly presence: NamePresence;
  /** Null while it is present. */
  readonly absentSince: string | null;
  /** How long the gate has seen it said to be gone, in milliseconds. */
  readonly absentMs: number;
  /** Only an admin can retire it, because too many names went at once. */
  readonly waiting: boolean;
  /** An admin has said that it is not gone: nothing is done until it is seen again. */
  readonly kept: boolean;
}

/** The domain that a name meant on one host, when that host last answered. */
export interface DomainIdentity {
  readonly domain: DomainName;
  readonly host: string;
  /** False when the host, or an earlier gate, does not say; then `uuid` and `since` are null. */
  readonly told: boolean;
  readonly uuid: string | null;
  /** By the host's clock, ISO 8601. */
  readonly since: string | null;
  /** False: the host has said that the domain is gone. */
  readonly present: boolean;
  /** By the host's clock, where known. */
  readonly goneAt: string | null;
  /** The UUID under which it was last seen to exist in Xen on this host; null when it never was. */
  readonly ran: string | null;
}
