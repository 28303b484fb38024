import type { CustomerName, Fingerprint } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { noSuchCustomer } from './customers.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { Key } from './records.js';
import { AuditUnavailable } from './store-error.js';

/** A row of `key` as it is joined to its customer's name. */
export interface KeyRow {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly type: string;
  readonly blob: Buffer;
  readonly comment: string;
  readonly added_at: string;
  readonly last_used_at: string | null;
}

/** The columns of a KeyRow, of the tables `customer` and `key` joined. */
export const KEY_COLUMNS =
  'customer.name AS customer, key.fingerprint, key.type, key.blob, key.comment, key.added_at, key.last_used_at';

const CUSTOMER = new Sql<{ id: number }>('SELECT id FROM customer WHERE name = ?');
const LIST = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM customer JOIN key ON key.customer = customer.id WHERE customer.name = ?
   ORDER BY key.added_at, key.fingerprint`,
);
const INSERT = new Sql(
  'INSERT INTO key (customer, fingerprint, type, blob, comment, added_at) VALUES (?, ?, ?, ?, ?, ?)',
);
const DELETE = new Sql('DELETE FROM key WHERE customer = ? AND fingerprint = ?');
const TOUCH = new Sql(
  'UPDATE key SET last_used_at = ? WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);

/** What is given of a key to add it. */
export type NewKey = Pick<Key, 'customer' | 'fingerprint' | 'type' | 'blob' | 'comment'>;

/** The public keys. Unique is (customer, fingerprint): what others hold is never looked at. */
export class Keys {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#clock = clock;
  }

  /** @param max how many keys a customer may have: refused with `too-many` beyond */
  add(key: NewKey, actor: EventActor, max: number): Key | Refusal {
    return this.#log.transact((append) => {
      const owner = this.#database.get(CUSTOMER, key.customer);
      if (owner === undefined) return noSuchCustomer(key.customer);
      const held = this.#database.all(LIST, key.customer);
      if (held.some(({ fingerprint }) => fingerprint === key.fingerprint)) {
        return refusal('key-exists', `this key is registered already: ${key.fingerprint}`);
      }
      if (held.length >= max) {
        return refusal(
          'too-many',
          `there are ${held.length} keys already, and no more than ${max} are allowed: remove one first`,
        );
      }
      const { customer, fingerprint, type, blob, comment } = key;
      const { at } = append({ kind: 'key.added', actor, customer, fingerprint, type });
      this.#database.run(INSERT, owner.id, fingerprint, type, blob, comment, at);
      return { customer, fingerprint, type, blob, comment, addedAt: at, lastUsedAt: null };
    });
  }

  /** Oldest first; empty for an unknown customer too. */
  list(customer: CustomerName): Key[] {
    return this.#database.all(LIST, customer).map(keyOf);
  }

  /** Refused with `no-such-key`, and with `last-key` unless that is allowed. */
  remove(
    customer: CustomerName,
    fingerprint: Fingerprint,
    actor: EventActor,
    options: { readonly allowLast: boolean },
  ): Key | Refusal {
    return this.#log.transact((append) => {
      const owner = this.#database.get(CUSTOMER, customer);
      if (owner === undefined) return noSuchCustomer(customer);
      const held = this.#database.all(LIST, customer);
      const row = held.find((key) => key.fingerprint === fingerprint);
      if (row === undefined) return refusal('no-such-key', `there is no key ${fingerprint}`);
      if (held.length === 1 && !options.allowLast) {
        return refusal(
          'last-key',
          'this is the last key: without it nobody could log in; add another one first',
        );
      }
      append({ kind: 'key.removed', actor, customer, fingerprint, type: row.type });
      this.#database.run(DELETE, owner.id, fingerprint);
      return keyOf(row);
    });
  }

  /** Notes that the key was used now. For information only: a full disk must not keep a customer out, so it is let pass. */
  touch(customer: CustomerName, fingerprint: Fingerprint): void {
    try {
      this.#database.transaction(() =>
        this.#database.run(TOUCH, this.#clock().toISOString(), fingerprint, customer),
      );
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
    }
  }
}

export function keyOf(row: KeyRow): Key {
  const { customer, fingerprint, type, blob, comment } = row;
  return { customer, fingerprint, type, blob, comment, addedAt: row.added_at, lastUsedAt: row.last_used_at };
}
