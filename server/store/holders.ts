import type { CustomerName, Fingerprint } from '../../policy/names.js';
import type { Role } from '../../policy/roles.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { Key } from './records.js';
import { COUNTS } from './roles.js';

interface StoredCertified {
  readonly suspended_at: string | null;
  readonly named_seq: number;
  readonly named_at: string;
  readonly reused: 0 | 1;
  readonly key_expires_at: string | null;
  readonly key_event: 'key.added' | 'key.removed' | null;
  readonly since_seq: number | null;
  readonly everybody: 0 | 1 | null;
  readonly listed: 0 | 1;
  /** A JSON list. */
  readonly groups: string;
}

interface StoredHolder {
  readonly suspended_at: string | null;
  readonly type: string | null;
  readonly blob: Buffer | null;
  readonly added_at: string | null;
  readonly expires_at: string | null;
}

const HOLDER = new Sql<StoredHolder>(
  `SELECT customer.suspended_at, key.type, key.blob, key.added_at, key.expires_at
   FROM customer LEFT JOIN key ON key.customer = customer.id AND key.fingerprint = ? WHERE customer.name = ?`,
);
/** A customer, and whether the CA with a key may speak for them. */
const CERTIFIED = new Sql<StoredCertified>(
  `SELECT customer.suspended_at, customer.named_seq, authority.since_seq, authority.everybody,
     coalesce(customer.named_at, customer.since) AS named_at, key.expires_at AS key_expires_at,
     EXISTS (SELECT 1 FROM audit WHERE audit.customer = customer.name
             AND kind IN ('customer.removed', 'customer.renamed')) AS reused,
     (SELECT kind FROM audit WHERE audit.customer = customer.name AND record ->> '$.event.fingerprint' = ?
      AND kind IN ('key.added', 'key.removed') ORDER BY seq DESC LIMIT 1) AS key_event,
     EXISTS (SELECT 1 FROM authority_customer
             WHERE authority_customer.authority = authority.name AND authority_customer.customer = customer.id) AS listed,
     (SELECT json_group_array(authority_group.name) FROM authority_group
      WHERE authority_group.authority = authority.name) AS groups
   FROM customer LEFT JOIN authority ON authority.fingerprint = ?
   LEFT JOIN key ON key.customer = customer.id AND key.fingerprint = ? WHERE customer.name = ?`,
);
const ROLES = new Sql<{ role: Role }>(
  `SELECT DISTINCT role.role FROM role JOIN customer ON customer.id = role.customer
   LEFT JOIN domain ON domain.name = role.domain WHERE customer.name = ? AND ${COUNTS}`,
);

/** The parts of a key that decide whether it may be used. */
export type HeldKey = Pick<Key, 'type' | 'blob' | 'addedAt' | 'expiresAt'>;

/** The parts of a login by a certificate by which the store finds what it rests on. */
export interface CertifiedLogin {
  /** The key inside. It counts from the certificate's first moment to its last. */
  readonly key: HeldKey;
  /** The CA's key, and the audit row that added the CA. */
  readonly authority: Fingerprint;
  readonly authoritySeq: number;
  /** The audit row that gave the customer the name: another customer of that name is another. */
  readonly customerSeq: number;
}

/** Whether a CA may speak for a customer. */
export interface Trust {
  readonly everybody: boolean;
  /** It names the customer. */
  readonly listed: boolean;
  /** Groups of the policy: it speaks for their members. */
  readonly groups: readonly string[];
  /** The key inside was registered for the customer, and has been removed since. */
  readonly keyRemoved: boolean;
  /** The name was another customer's before. A certificate that begins earlier may be that one's. ISO 8601. */
  readonly namedAt: string | null;
}

/** A customer with one of their keys, as stored now. The gate decides whether they may be here. */
export interface Holder {
  readonly suspended: boolean;
  /** Null when they have no such key, or there is no such customer. An expired key is there too. */
  readonly key: HeldKey | null;
  /** Only for a login by a certificate; null when its CA has been removed since. */
  readonly trust?: Trust | null;
  /** Every role of theirs that counts, on any domain. Read when it is called. */
  rolesHeld(): readonly Role[];
}

/** Looks up the facts for a customer's right to be here. */
export class Holders {
  readonly #database: Database;
  readonly #clock: () => Date;

  constructor(database: Database, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @param certified for a login by a certificate; then no registered key counts */
  find(customer: CustomerName, fingerprint: Fingerprint, certified?: CertifiedLogin): Holder {
    if (certified !== undefined) return this.#certified(customer, fingerprint, certified);
    const row = this.#database.get(HOLDER, fingerprint, customer);
    return {
      suspended: row !== undefined && row.suspended_at !== null,
      key: row === undefined ? null : keyOf(row),
      rolesHeld: () => this.rolesHeld(customer),
    };
  }

  /** A key that is registered as well counts no longer by a certificate than by itself. */
  #certified(customer: CustomerName, fingerprint: Fingerprint, login: CertifiedLogin): Holder {
    const row = this.#database.get(CERTIFIED, fingerprint, login.authority, fingerprint, customer);
    const isSame = row?.named_seq === login.customerSeq && row.since_seq === login.authoritySeq;
    return {
      suspended: row !== undefined && row.suspended_at !== null,
      key: isSame ? { ...login.key, expiresAt: earlier(login.key.expiresAt, row.key_expires_at) } : null,
      trust: isSame ? trustOf(row) : null,
      rolesHeld: () => this.rolesHeld(customer),
    };
  }

  /** @param customer may be unknown: then there are no roles, after the same read */
  rolesHeld(customer: string): readonly Role[] {
    return this.#database.all(ROLES, customer, this.#clock().toISOString()).map(({ role }) => role);
  }
}

function keyOf({ type, blob, added_at: addedAt, expires_at: expiresAt }: StoredHolder): HeldKey | null {
  return type === null || blob === null || addedAt === null ? null : { type, blob, addedAt, expiresAt };
}

function trustOf(row: StoredCertified): Trust {
  return {
    everybody: row.everybody === 1,
    listed: row.listed === 1,
    groups: JSON.parse(row.groups) as string[],
    keyRemoved: row.key_event === 'key.removed',
    namedAt: row.reused === 1 ? row.named_at : null,
  };
}

function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}
