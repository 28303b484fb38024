import type { CustomerName } from '../../policy/names.js';
import type { EventActor } from './audit-actor.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { endKey, isOver, ownEnd } from './key-end.js';
import type { LastKeyOptions } from './key-end.js';
import { KEY_COLUMNS, keyOf } from './key-row.js';
import type { KeyRow } from './key-row.js';
import type { Keys } from './keys.js';
import type { Key } from './records.js';

const NAMES_AFTER = new Sql<{ name: CustomerName }>(
  'SELECT name FROM customer WHERE name > ? ORDER BY name LIMIT ?',
);
const EXPIRED = new Sql<KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM key JOIN customer ON customer.id = key.customer WHERE key.expires_at <= ? AND key.declared IS NULL
   ORDER BY key.expires_at, customer.name, key.fingerprint LIMIT ?`,
);
const DELETE = new Sql(
  'DELETE FROM key WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);

/** Selects keys by age. */
interface OldKeysWanted {
  /** Only keys of these customers; null: of all. */
  readonly customers: readonly CustomerName[] | null;
  /** Only keys added before this time, and that no file declares. ISO 8601. */
  readonly addedBefore: string;
}

/** The most keys that one transaction changes, so that nobody waits for long. */
export const KEYS_AT_ONCE = 50;

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

/** Ends and removes many keys, a part of them in one transaction. */
export class OldKeys {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #keys: Pick<Keys, 'list'>;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, keys: Pick<Keys, 'list'>, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#keys = keys;
    this.#clock = clock;
  }

  /**
   * Sets the expiry of old keys, one part of them in one transaction. A key that expires earlier is left so;
   * the call can be repeated.
   */
  expire(
    { customers, addedBefore }: OldKeysWanted,
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
        const held = this.#keys.list(name).filter((key) => !isOver(endOf(key), expiresAt));
        const old = held.filter(({ addedAt, declared }) => addedAt < addedBefore && declared === null);
        if (old.length === 0) continue;
        if (old.length === held.length && !allowLast) left.push(name);
        else expiring.push(...old.map((key) => endKey(this.#database, append, { key, expiresAt }, actor)));
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
        this.#database.run(DELETE, fingerprint, customer);
      }
      return expired.sort((one, other) => (one.customer < other.customer ? -1 : 1));
    });
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
}

/** SQLite's value for no limit is -1. */
function limitOf(most: number): number {
  return Number.isFinite(most) ? most : -1;
}
