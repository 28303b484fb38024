import type { CustomerName, Fingerprint } from '../../policy/names.js';
import type { Role } from '../../policy/roles.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { Key } from './records.js';
import { COUNTS } from './roles.js';

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
const ROLES = new Sql<{ role: Role }>(
  `SELECT DISTINCT role.role FROM role JOIN customer ON customer.id = role.customer
   LEFT JOIN domain ON domain.name = role.domain WHERE customer.name = ? AND ${COUNTS}`,
);

/** The parts of a key that decide whether it may be used. */
type HeldKey = Pick<Key, 'type' | 'blob' | 'addedAt' | 'expiresAt'>;

/** A customer with one of their keys, as stored now. The gate decides whether they may be here. */
export interface Holder {
  readonly suspended: boolean;
  /** Null when they have no such key, or there is no such customer. An expired key is there too. */
  readonly key: HeldKey | null;
  /** Every role of theirs that counts, on any domain. Read when it is called. */
  rolesHeld(): readonly Role[];
}

/** Looks up the facts for a customer's right to be here. */
export class Holders {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(customer: CustomerName, fingerprint: Fingerprint): Holder {
    const row = this.#database.get(HOLDER, fingerprint, customer);
    return {
      suspended: row !== undefined && row.suspended_at !== null,
      key: row === undefined ? null : keyOf(row),
      rolesHeld: () => this.rolesHeld(customer),
    };
  }

  /** @param customer may be unknown: then there are no roles, after the same read */
  rolesHeld(customer: string): readonly Role[] {
    return this.#database.all(ROLES, customer).map(({ role }) => role);
  }
}

function keyOf({ type, blob, added_at: addedAt, expires_at: expiresAt }: StoredHolder): HeldKey | null {
  return type === null || blob === null || addedAt === null ? null : { type, blob, addedAt, expiresAt };
}
