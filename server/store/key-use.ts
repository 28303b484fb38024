import type { CustomerName, Fingerprint } from '../../policy/names.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { AuditUnavailableError } from './store-error.js';

const TOUCH = new Sql(
  'UPDATE key SET last_used_at = ? WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);
const COUNTER = new Sql<{ last: number | null }>(
  'SELECT max(counter) AS last FROM key WHERE fingerprint = ? AND counter IS NOT NULL',
);
const ADVANCE = new Sql(
  'UPDATE key SET counter = ? WHERE fingerprint = ? AND customer = (SELECT id FROM customer WHERE name = ?)',
);

/** What is noted of a key at a login: that it was used, and how often its security key has signed. */
export class KeyUse {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#clock = clock;
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
}
