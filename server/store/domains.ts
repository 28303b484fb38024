import type { DomainName } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { DomainRecord } from './records.js';
import { AuditUnavailable } from './store-error.js';

interface StoredDomain {
  readonly name: DomainName;
  readonly first_seen_at: string;
  readonly retired_at: string | null;
}

const LIST = new Sql<StoredDomain>('SELECT name, first_seen_at, retired_at FROM domain ORDER BY name');
const FIND = new Sql<StoredDomain>('SELECT name, first_seen_at, retired_at FROM domain WHERE name = ?');
const ABSENT = new Sql<{ name: string }>(
  'SELECT value AS name FROM json_each(?) WHERE value NOT IN (SELECT name FROM domain WHERE present = 1)',
);
const PRESENT = new Sql(
  'INSERT INTO domain (name, first_seen_at, present) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET present = 1',
);
const GONE = new Sql<StoredDomain>(
  'SELECT name, first_seen_at, retired_at FROM domain WHERE name = ? AND present = 0',
);
const RETIRE = new Sql(
  `INSERT INTO domain (name, first_seen_at, present, retired_at, retired_seq) VALUES (?, ?, 0, ?, ?)
   ON CONFLICT DO UPDATE SET present = 0, retired_at = excluded.retired_at, retired_seq = excluded.retired_seq`,
);
const ADOPT = new Sql('UPDATE domain SET retired_at = NULL, retired_seq = NULL WHERE name = ?');
const ROLE_ON = new Sql<{ domain: string }>('SELECT domain FROM role WHERE domain = ? LIMIT 1');

/** The names of domains that some host manages or managed, so that a name given up is not taken for its successor. */
export class Domains {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Remembers names that hosts manage now. Retires nothing, and takes no retirement back. When nothing can be written it does
   * nothing: the names will be seen again.
   */
  seen(names: readonly DomainName[]): void {
    const absent = this.#database.all(ABSENT, JSON.stringify(names));
    if (absent.length === 0) return;
    try {
      this.#database.transaction(() => {
        const at = this.#clock().toISOString();
        for (const { name } of absent) this.#database.run(PRESENT, name, at);
      });
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
    }
  }

  /**
   * The domain is gone from all hosts: the roles on it stop to count. Said again while it stays away, it changes nothing: a
   * role that was given in the meantime awaits the name's next domain.
   *
   * @returns whether it was retired now
   * @throws AuditUnavailable when it cannot be recorded: call again, or the old roles go on to count
   */
  gone(name: DomainName): boolean {
    return this.#log.transact((append) => {
      if (this.#database.get(GONE, name) !== undefined) return false;
      const known =
        this.#database.get(FIND, name) !== undefined || this.#database.get(ROLE_ON, name) !== undefined;
      if (!known) return false;
      const { at, seq } = append({ kind: 'domain.retired', actor: null, domain: name });
      this.#database.run(RETIRE, name, at, at, seq);
      return true;
    });
  }

  /**
   * An admin says that the name means the same domain as before: the old roles count again. Refused with `wrong-state` while no host shows
   * one: said beforehand it would hold for whatever has the name one day.
   */
  adopt(name: DomainName, actor: EventActor): DomainRecord | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return refusal('no-such-domain', `no domain ${name} was ever seen on any host`);
      if (row.retired_at === null) return record(row);
      if (this.#database.get(GONE, name) !== undefined)
        return refusal('wrong-state', `no host shows a domain ${name}: adopt it when it is there again`);
      append({ kind: 'domain.adopted', actor, domain: name });
      this.#database.run(ADOPT, name);
      return { ...record(row), retiredAt: null };
    });
  }

  /** In order of their names. */
  list(): DomainRecord[] {
    return this.#database.all(LIST).map(record);
  }
}

function record(row: StoredDomain): DomainRecord {
  return { name: row.name, firstSeenAt: row.first_seen_at, retiredAt: row.retired_at };
}
