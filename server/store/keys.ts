import type { CustomerName, Fingerprint } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-actor.js';
import type { AuditLog } from './audit-log.js';
import { noSuchCustomer } from './customers.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { BY_HAND, byFile, declarer, keptByFile } from './editor.js';
import type { Editor } from './editor.js';
import { endKey, isOver, ownEnd } from './key-end.js';
import type { LastKeyOptions } from './key-end.js';
import { KEY_COLUMNS, keyOf } from './key-row.js';
import type { KeyRow } from './key-row.js';
import type { Key } from './records.js';

const CUSTOMER = new Sql<{ id: number; declared: string | null }>(
  'SELECT id, declared FROM customer WHERE name = ?',
);
const LIST = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM customer JOIN key ON key.customer = customer.id WHERE customer.name = ?
   ORDER BY key.added_at, key.fingerprint`,
);
const ALL = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM customer JOIN key ON key.customer = customer.id
   ORDER BY customer.name, key.added_at, key.fingerprint`,
);
const HELD_BY = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM key JOIN customer ON customer.id = key.customer WHERE key.fingerprint = ?
   ORDER BY customer.name`,
);
const INSERT = new Sql(
  `INSERT INTO key (customer, fingerprint, type, blob, comment, added_at, expires_at, own, declared)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
);
const EXPIRING = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM key JOIN customer ON customer.id = key.customer
   WHERE key.expires_at > ? AND key.expires_at <= ?
   ORDER BY key.expires_at, customer.name, key.fingerprint`,
);
const DELETE = new Sql('DELETE FROM key WHERE customer = ? AND fingerprint = ?');
/** The data needed to add a key. */
export type NewKey = Pick<Key, 'customer' | 'fingerprint' | 'type' | 'blob' | 'comment'> & {
  /** Without it the key never expires. */
  readonly expiresAt?: string | null;
  /** Whether it counts as added by the customer; without it, whether the customer adds it now. */
  readonly own?: boolean;
};

/** The public keys. (customer, fingerprint) is unique: the keys of others never matter. */
export class Keys {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Customers may add keys of their own, a hand none to a declared customer.
   *
   * @param max how many keys a customer may have; one more is refused with `too-many`. Those that customers added do
   *   not count for a file: nobody can keep a file from being applied
   */
  add(key: NewKey, actor: EventActor, max: number, editor: Editor = BY_HAND): Key | Refusal {
    return this.#log.transact((append) => {
      const owner = this.#database.get(CUSTOMER, key.customer);
      if (owner === undefined) return noSuchCustomer(key.customer);
      const own = key.own ?? 'customer' in actor;
      const no = 'customer' in actor ? null : keptByFile(key.customer, owner.declared, editor);
      if (no !== null) return no;
      const held = this.#database.all(LIST, key.customer);
      if (held.some(({ fingerprint }) => fingerprint === key.fingerprint)) {
        return refusal('key-exists', `this key is registered already: ${key.fingerprint}`);
      }
      const counted = 'file' in editor ? held.filter((row) => row.own === 0 || row.declared !== null) : held;
      if (counted.length >= max) {
        return refusal(
          'too-many',
          `there are ${counted.length} keys already, and no more than ${max} are allowed: remove one first`,
        );
      }
      const { customer, fingerprint, type, blob, comment, expiresAt = null } = key;
      const by = byFile(editor);
      const declared = declarer(editor);
      const { at } = append({ kind: 'key.added', actor, customer, fingerprint, type, ...by });
      const values = [owner.id, fingerprint, type, blob, comment, at, expiresAt, own ? 1 : 0, declared];
      this.#database.run(INSERT, ...values);
      if (expiresAt !== null)
        append({ kind: 'key.expiry.set', actor, customer, fingerprint, expiresAt, ...by });
      const row = { customer, fingerprint, type, blob, comment, addedAt: at, lastUsedAt: null };
      return { ...row, expiresAt, own, declared };
    });
  }

  /** Oldest first; also empty for an unknown customer. */
  list(customer: CustomerName): Key[] {
    this.#log.flush();
    return this.#database.all(LIST, customer).map(keyOf);
  }

  /** The keys of all customers, by customer name. */
  all(): Key[] {
    this.#log.flush();
    return this.#database.all(ALL).map(keyOf);
  }

  /** The keys that expire from now until then, the next one first. Keys that have expired are not among them. */
  expiringUntil(until: Date): readonly Key[] {
    this.#log.flush();
    return this.#database.all(EXPIRING, this.#clock().toISOString(), until.toISOString()).map(keyOf);
  }

  /** This key at each customer who has it, by customer name. */
  holders(fingerprint: Fingerprint): Key[] {
    this.#log.flush();
    return this.#database.all(HELD_BY, fingerprint).map(keyOf);
  }

  /** @param expiresAt null: never. Refused with `no-such-key` */
  setExpiry(
    customer: CustomerName,
    fingerprint: Fingerprint,
    expiresAt: string | null,
    actor: EventActor,
    editor: Editor = BY_HAND,
  ): Key | Refusal {
    return this.#log.transact((append) => {
      const key = this.list(customer).find((one) => one.fingerprint === fingerprint);
      if (key === undefined) return noSuchKey(fingerprint);
      const no = keptByFile(`this key of ${customer}`, key.declared, editor);
      return no ?? endKey(this.#database, append, { key, expiresAt }, actor, editor);
    });
  }

  /**
   * Refused with `no-such-key`, and with `last-key` unless that is allowed; expired keys
   * do not count as other keys.
   */
  remove(
    customer: CustomerName,
    fingerprint: Fingerprint,
    actor: EventActor,
    { allowLast, endOf = ownEnd }: LastKeyOptions,
    editor: Editor = BY_HAND,
  ): Key | Refusal {
    return this.#log.transact((append) => {
      const owner = this.#database.get(CUSTOMER, customer);
      if (owner === undefined) return noSuchCustomer(customer);
      const held = this.list(customer);
      const key = held.find((one) => one.fingerprint === fingerprint);
      if (key === undefined) return noSuchKey(fingerprint);
      const no = keptByFile(`this key of ${customer}`, key.declared, editor);
      if (no !== null) return no;
      const now = this.#clock().toISOString();
      const lives = (one: Key): boolean => !isOver(endOf(one), now);
      if (lives(key) && held.filter(lives).length === 1 && !allowLast) {
        return refusal(
          'last-key',
          'this is the last key: without it nobody could log in; add another one first',
        );
      }
      append({ kind: 'key.removed', actor, customer, fingerprint, type: key.type, ...byFile(editor) });
      this.#database.run(DELETE, owner.id, fingerprint);
      return key;
    });
  }
}

function noSuchKey(fingerprint: Fingerprint): Refusal {
  return refusal('no-such-key', `there is no key ${fingerprint}`);
}
