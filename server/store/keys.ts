import type { CustomerName, Fingerprint } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-event.js';
import type { Append, AuditLog } from './audit-log.js';
import { noSuchCustomer } from './customers.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { BY_HAND, byFile, declarer, keptByFile } from './editor.js';
import type { Editor } from './editor.js';
import type { Key } from './records.js';
import { AuditUnavailableError } from './store-error.js';

/** A row of `key`, joined with its customer's name. */
export interface KeyRow {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly type: string;
  readonly blob: Buffer;
  readonly comment: string;
  readonly added_at: string;
  readonly last_used_at: string | null;
  readonly expires_at: string | null;
  readonly own: 0 | 1;
  readonly declared: string | null;
}

/** The columns of a KeyRow, for the tables `customer` and `key` joined. */
export const KEY_COLUMNS =
  'customer.name AS customer, key.fingerprint, key.type, key.blob, key.comment, key.added_at, key.last_used_at, key.expires_at, key.own, key.declared';

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
const EXPIRE = new Sql(
  'UPDATE key SET expires_at = ?, declared = ? WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);
const NAMES_AFTER = new Sql<{ name: CustomerName }>(
  'SELECT name FROM customer WHERE name > ? ORDER BY name LIMIT ?',
);
const EXPIRED = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM key JOIN customer ON customer.id = key.customer WHERE key.expires_at <= ? AND key.declared IS NULL
   ORDER BY key.expires_at, customer.name, key.fingerprint LIMIT ?`,
);
const EXPIRING = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM key JOIN customer ON customer.id = key.customer
   WHERE key.expires_at > ? AND key.expires_at <= ?
   ORDER BY key.expires_at, customer.name, key.fingerprint`,
);
const DELETE = new Sql('DELETE FROM key WHERE customer = ? AND fingerprint = ?');
const TOUCH = new Sql(
  'UPDATE key SET last_used_at = ? WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);
const COUNTER = new Sql<{ last: number | null }>(
  'SELECT max(counter) AS last FROM key WHERE fingerprint = ? AND counter IS NOT NULL',
);
const ADVANCE = new Sql(
  'UPDATE key SET counter = ? WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);

/** The data needed to add a key. */
export type NewKey = Pick<Key, 'customer' | 'fingerprint' | 'type' | 'blob' | 'comment'> & {
  /** Without it the key never expires. */
  readonly expiresAt?: string | null;
  /** Whether it counts as added by the customer; without it, whether the customer adds it now. */
  readonly own?: boolean;
};

/** Selects keys by age. */
interface OldKeys {
  /** Only keys of these customers; null: of all. */
  readonly customers: readonly CustomerName[] | null;
  /** Only keys added before this time, and that no file declares. ISO 8601. */
  readonly addedBefore: string;
}

/** The most keys that one transaction changes, so that nobody waits for long. */
export const KEYS_AT_ONCE = 50;

/** Options for removing or expiring keys. */
export interface LastKeyOptions {
  /** Also allow it when it leaves a customer without another key. */
  readonly allowLast: boolean;
  /** When a key stops being usable; by default its own expiry. ISO 8601; null: never. */
  readonly endOf?: (key: Key) => string | null;
}

/** One part of the old keys to expire. */
interface OldKeysPart extends LastKeyOptions {
  /** Only customers after this one in the order of names; null: from the first. */
  readonly after?: CustomerName | null;
  /**
   * The most keys and the most customers. The keys of one customer are never split between parts, so there
   * may be more keys. Without it: all.
   */
  readonly most?: number;
}

/** The result for a part. */
interface KeysExpired {
  readonly expiring: readonly Key[];
  /** Customers whose keys were left because they have no others. */
  readonly left: readonly CustomerName[];
  /** The `after` of the next part; null when this was the last. */
  readonly next: CustomerName | null;
}

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
      return no ?? this.#expire(key, expiresAt, actor, append, editor);
    });
  }

  /**
   * Sets the expiry of old keys, one part of them in one transaction. A key that expires earlier is left so;
   * the call can be repeated.
   */
  expireOld(
    { customers, addedBefore }: OldKeys,
    expiresAt: string,
    actor: EventActor,
    { allowLast, endOf = ownEnd, after = null, most = Infinity }: OldKeysPart,
  ): KeysExpired {
    return this.#log.transact((append) => {
      const expiring: Key[] = [];
      const left: CustomerName[] = [];
      const names = this.#namesAfter(customers, after, most);
      let next: CustomerName | null = null;
      for (const name of names) {
        next = name;
        const held = this.list(name).filter((key) => !isOver(endOf(key), expiresAt));
        const old = held.filter(({ addedAt, declared }) => addedAt < addedBefore && declared === null);
        if (old.length === 0) continue;
        if (old.length === held.length && !allowLast) left.push(name);
        else expiring.push(...old.map((key) => this.#expire(key, expiresAt, actor, append)));
        if (expiring.length >= most) break;
      }
      const ended = next === null || (next === names.at(-1) && names.length < most);
      return { expiring, left, next: ended ? null : next };
    });
  }

  /** Removes expired keys that no file declares. @param most the most keys; all by default. @returns the removed keys */
  removeExpired(actor: EventActor, most = Infinity): readonly Key[] {
    return this.#log.transact((append) => {
      const expired = this.#database.all(EXPIRED, this.#clock().toISOString(), limitOf(most)).map(keyOf);
      for (const { customer, fingerprint, type } of expired) {
        append({ kind: 'key.removed', actor, customer, fingerprint, type });
        this.#database.run(DELETE, this.#database.get(CUSTOMER, customer)?.id ?? null, fingerprint);
      }
      return expired.sort((one, other) => (one.customer < other.customer ? -1 : 1));
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

  /**
   * Notes that the key was used now, within 20 ms. It is information only: a full disk must not lock a customer out, so it is not noted then.
   *
   * @returns settles once it was tried; rejects at a fault of the program
   */
  async touch(customer: CustomerName, fingerprint: Fingerprint): Promise<void> {
    const now = this.#clock().toISOString();
    try {
      await this.#log.later(() => this.#database.run(TOUCH, now, fingerprint, customer));
    } catch (error) {
      if (!(error instanceof AuditUnavailableError)) throw error;
    }
  }

  /**
   * Notes the signature counter of a security key that has logged in. A counter is refused when it is not above
   * the highest one of this key, at any customer (WebAuthn §7.2); a key that never counts stays at 0.
   *
   * A full disk must not lock a customer out: a counter that cannot be noted is taken.
   *
   * @returns null when it is good; else the highest one
   */
  advanceCounter(customer: CustomerName, fingerprint: Fingerprint, counter: number): number | null {
    const last = this.#lastCounter(fingerprint);
    if (counter === 0 && last === 0) return null;
    if (counter <= last) return last;
    try {
      return this.#database.transaction(() => {
        // Read again: another process may have taken the same counter meanwhile.
        const now = this.#lastCounter(fingerprint);
        if (counter <= now) return now;
        this.#database.run(ADVANCE, counter, fingerprint, customer);
        return null;
      });
    } catch (error) {
      if (!(error instanceof AuditUnavailableError)) throw error;
    }
    return null;
  }

  #lastCounter(fingerprint: Fingerprint): number {
    return this.#database.get(COUNTER, fingerprint)?.last ?? 0;
  }

  #namesAfter(
    customers: readonly CustomerName[] | null,
    after: CustomerName | null,
    most: number,
  ): readonly CustomerName[] {
    if (customers === null)
      return this.#database.all(NAMES_AFTER, after ?? '', limitOf(most)).map(({ name }) => name);
    const behind = [...new Set(customers)].sort().filter((name) => after === null || name > after);
    return behind.slice(0, most);
  }

  #expire(
    key: Key,
    expiresAt: string | null,
    actor: EventActor,
    append: Append,
    editor: Editor = BY_HAND,
  ): Key {
    const { customer, fingerprint } = key;
    append({ kind: 'key.expiry.set', actor, customer, fingerprint, expiresAt, ...byFile(editor) });
    const declared = declarer(editor);
    this.#database.run(EXPIRE, expiresAt, declared, fingerprint, customer);
    return { ...key, expiresAt, declared };
  }
}

export function keyOf(row: KeyRow): Key {
  const { customer, fingerprint, type, blob, comment, added_at: addedAt } = row;
  const { last_used_at: lastUsedAt, expires_at: expiresAt, declared } = row;
  const own = row.own === 1;
  return { customer, fingerprint, type, blob, comment, addedAt, lastUsedAt, expiresAt, own, declared };
}

function ownEnd({ expiresAt }: Key): string | null {
  return expiresAt;
}

function isOver(end: string | null, now: string): boolean {
  return end !== null && end <= now;
}

/** SQLite's value for no limit is -1. */
function limitOf(most: number): number {
  return Number.isFinite(most) ? most : -1;
}

/** @param now ISO 8601 */
export function isExpired({ expiresAt }: Pick<Key, 'expiresAt'>, now: string): boolean {
  return isOver(expiresAt, now);
}

function noSuchKey(fingerprint: Fingerprint): Refusal {
  return refusal('no-such-key', `there is no key ${fingerprint}`);
}
