import type { CustomerName, Fingerprint } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-event.js';
import type { Append, AuditLog } from './audit-log.js';
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
  readonly expires_at: string | null;
}

/** The columns of a KeyRow, of the tables `customer` and `key` joined. */
export const KEY_COLUMNS =
  'customer.name AS customer, key.fingerprint, key.type, key.blob, key.comment, key.added_at, key.last_used_at, key.expires_at';

const CUSTOMER = new Sql<{ id: number }>('SELECT id FROM customer WHERE name = ?');
const LIST = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM customer JOIN key ON key.customer = customer.id WHERE customer.name = ?
   ORDER BY key.added_at, key.fingerprint`,
);
const ALL = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM customer JOIN key ON key.customer = customer.id
   ORDER BY customer.name, key.added_at, key.fingerprint`,
);
const INSERT = new Sql(
  'INSERT INTO key (customer, fingerprint, type, blob, comment, added_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
);
const EXPIRE = new Sql(
  'UPDATE key SET expires_at = ? WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);
const NEXT_EXPIRY = new Sql<{ at: string | null }>(
  'SELECT min(expires_at) AS at FROM key WHERE expires_at > ?',
);
const DELETE = new Sql('DELETE FROM key WHERE customer = ? AND fingerprint = ?');
const TOUCH = new Sql(
  'UPDATE key SET last_used_at = ? WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);

/** What is given of a key to add it. */
export type NewKey = Pick<Key, 'customer' | 'fingerprint' | 'type' | 'blob' | 'comment'> & {
  /** Never when it is not given. */
  readonly expiresAt?: string | null;
};

/** Which keys are meant by age. */
export interface OldKeys {
  /** Only keys of these customers; null: of all. */
  readonly customers: readonly CustomerName[] | null;
  /** Only keys that were there before. ISO 8601. */
  readonly addedBefore: string;
}

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
      const { customer, fingerprint, type, blob, comment, expiresAt = null } = key;
      const { at } = append({ kind: 'key.added', actor, customer, fingerprint, type });
      this.#database.run(INSERT, owner.id, fingerprint, type, blob, comment, at, expiresAt);
      if (expiresAt !== null) append({ kind: 'key.expiry.set', actor, customer, fingerprint, expiresAt });
      return { customer, fingerprint, type, blob, comment, addedAt: at, lastUsedAt: null, expiresAt };
    });
  }

  /** Oldest first; empty for an unknown customer too. */
  list(customer: CustomerName): Key[] {
    return this.#database.all(LIST, customer).map(keyOf);
  }

  /** Of all customers, by their names. */
  all(): Key[] {
    return this.#database.all(ALL).map(keyOf);
  }

  /** @param expiresAt null: never. Refused with `no-such-key` */
  setExpiry(
    customer: CustomerName,
    fingerprint: Fingerprint,
    expiresAt: string | null,
    actor: EventActor,
  ): Key | Refusal {
    return this.#log.transact((append) => {
      const key = this.list(customer).find((one) => one.fingerprint === fingerprint);
      if (key === undefined) return noSuchKey(fingerprint);
      return this.#expire(key, expiresAt, actor, append);
    });
  }

  /**
   * Lets old keys expire, all of them in one transaction; one that expires earlier is left so.
   *
   * @param options.allowLast also where a customer is left without another key
   * @returns what expires, and the customers whose keys were left because they have no others
   */
  expireOld(
    { customers, addedBefore }: OldKeys,
    expiresAt: string,
    actor: EventActor,
    options: { readonly allowLast: boolean },
  ): { readonly expiring: readonly Key[]; readonly left: readonly CustomerName[] } {
    return this.#log.transact((append) => {
      const lasts = (key: Key): boolean => key.expiresAt === null || key.expiresAt > expiresAt;
      const keys = this.all().filter((key) => customers?.includes(key.customer) !== false);
      const expiring: Key[] = [];
      const left: CustomerName[] = [];
      for (const customer of new Set(keys.map((key) => key.customer))) {
        const held = keys.filter((key) => key.customer === customer && lasts(key));
        const old = held.filter(({ addedAt }) => addedAt < addedBefore);
        if (old.length === 0) continue;
        if (old.length === held.length && !options.allowLast) left.push(customer);
        else expiring.push(...old.map((key) => this.#expire(key, expiresAt, actor, append)));
      }
      return { expiring, left };
    });
  }

  /** Takes away the keys that have expired. @returns them */
  removeExpired(actor: EventActor): readonly Key[] {
    return this.#log.transact((append) => {
      const now = this.#clock().toISOString();
      const expired = this.all().filter((key) => isExpired(key, now));
      for (const { customer, fingerprint, type } of expired) {
        append({ kind: 'key.removed', actor, customer, fingerprint, type });
        this.#database.run(DELETE, this.#database.get(CUSTOMER, customer)?.id ?? null, fingerprint);
      }
      return expired;
    });
  }

  /** When the next key expires; null when none will. */
  nextExpiry(): string | null {
    return this.#database.get(NEXT_EXPIRY, this.#clock().toISOString())?.at ?? null;
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
      if (row === undefined) return noSuchKey(fingerprint);
      const now = this.#clock().toISOString();
      const lives = (key: KeyRow): boolean => !isExpired(keyOf(key), now);
      if (lives(row) && held.filter(lives).length === 1 && !options.allowLast) {
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

  #expire(key: Key, expiresAt: string | null, actor: EventActor, append: Append): Key {
    const { customer, fingerprint } = key;
    append({ kind: 'key.expiry.set', actor, customer, fingerprint, expiresAt });
    this.#database.run(EXPIRE, expiresAt, fingerprint, customer);
    return { ...key, expiresAt };
  }
}

export function keyOf(row: KeyRow): Key {
  const { customer, fingerprint, type, blob, comment, added_at: addedAt } = row;
  const { last_used_at: lastUsedAt, expires_at: expiresAt } = row;
  return { customer, fingerprint, type, blob, comment, addedAt, lastUsedAt, expiresAt };
}

/** @param now ISO 8601 */
export function isExpired({ expiresAt }: Pick<Key, 'expiresAt'>, now: string): boolean {
  return expiresAt !== null && expiresAt <= now;
}

function noSuchKey(fingerprint: Fingerprint): Refusal {
  return refusal('no-such-key', `there is no key ${fingerprint}`);
}
