import type { DomainName } from '../../policy/names.js';
import { isRefusal, refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-actor.js';
import type { Append, AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { DomainIdentity, DomainRecord, NamePresence, Retirement } from './records.js';
import { AuditUnavailableError } from './store-error.js';

interface StoredDomain {
  readonly name: DomainName;
  readonly first_seen_at: string;
  readonly present: 0 | 1;
  readonly retired_at: string | null;
  readonly retired_why: Retirement | null;
  readonly state: NamePresence;
  readonly absent_since: string | null;
  readonly absent_ms: number;
  readonly waiting: 0 | 1;
  readonly kept: 0 | 1;
}

type StoredIdentity = Omit<DomainIdentity, 'told' | 'present' | 'goneAt'> & {
  readonly told: 0 | 1;
  readonly present: 0 | 1;
  readonly gone_at: string | null;
};

const COLUMNS =
  'name, first_seen_at, present, retired_at, retired_why, state, absent_since, absent_ms, waiting, kept';
const LIST = new Sql<StoredDomain>(`SELECT ${COLUMNS} FROM domain ORDER BY name`);
const FIND = new Sql<StoredDomain>(`SELECT ${COLUMNS} FROM domain WHERE name = ?`);
const ABSENT = new Sql<{ name: string }>(
  `SELECT value AS name FROM json_each(?)
   WHERE value NOT IN (SELECT name FROM domain WHERE present = 1 AND state = 'present')`,
);
const PRESENT = new Sql(
  `INSERT INTO domain (name, first_seen_at, present) VALUES (?, ?, 1)
   ON CONFLICT DO UPDATE SET present = 1, state = 'present', absent_since = NULL, absent_ms = 0, waiting = 0, kept = 0`,
);
const RETIRE = new Sql(
  `INSERT INTO domain (name, first_seen_at, present, retired_at, retired_seq, retired_why, state, absent_since)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?)
   ON CONFLICT DO UPDATE SET present = excluded.present, retired_at = excluded.retired_at,
     retired_seq = excluded.retired_seq, retired_why = excluded.retired_why, state = excluded.state,
     absent_since = iif(excluded.present, NULL, coalesce(domain.absent_since, excluded.absent_since)),
     absent_ms = 0, waiting = 0, kept = 0`,
);
const ADOPT = new Sql(
  'UPDATE domain SET retired_at = NULL, retired_seq = NULL, retired_why = NULL WHERE name = ?',
);
const AWAY = new Sql(
  `UPDATE domain SET state = ?, absent_since = coalesce(absent_since, ?), absent_ms = ? WHERE name = ?`,
);
const WAIT = new Sql('UPDATE domain SET waiting = 1 WHERE name = ?');
const KEEP = new Sql('UPDATE domain SET waiting = 0, kept = 1 WHERE name = ?');
const ROLE_ON = new Sql<{ domain: string }>('SELECT domain FROM role WHERE domain = ? LIMIT 1');
const RETIRED_SINCE = new Sql<{ n: number }>(
  `SELECT count(*) AS n FROM domain WHERE retired_at >= ? AND retired_why = 'gone'`,
);
const IDENTITIES = new Sql<StoredIdentity>(
  'SELECT domain, host, told, uuid, since, present, gone_at, ran FROM identity ORDER BY domain, host',
);
const IDENTITIES_OF = new Sql<StoredIdentity>(
  'SELECT domain, host, told, uuid, since, present, gone_at, ran FROM identity WHERE domain = ? ORDER BY host',
);
const IDENTIFY = new Sql(
  `INSERT INTO identity (domain, host, told, uuid, since, first_seen_at, present, gone_at, ran)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
   ON CONFLICT DO UPDATE SET told = excluded.told, uuid = excluded.uuid, since = excluded.since,
     first_seen_at = iif(identity.since IS excluded.since, identity.first_seen_at, excluded.first_seen_at),
     present = excluded.present, gone_at = excluded.gone_at, ran = excluded.ran`,
);

/** Decisions about names, to be recorded together. */
export interface DomainChanges {
  /** Names that hosts show now. */
  readonly seen: readonly DomainName[];
  readonly identities: readonly DomainIdentity[];
  readonly away: readonly {
    readonly name: DomainName;
    readonly presence: Exclude<NamePresence, 'present'>;
    readonly absentMs: number;
  }[];
  /** Names that from now on only an admin can retire. */
  readonly waiting: readonly DomainName[];
  /** Names that came back as another domain, as far as anybody knows. */
  readonly held: readonly DomainName[];
  readonly retired: readonly DomainName[];
}

/**
 * The names of domains that a host manages or managed. With them a name that was given up is
 * not taken for its successor.
 */
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
   * Remembers names that hosts manage now. Retires nothing, and undoes no retirement. When nothing can be
   * written it does nothing: the names will be seen again.
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
      if (!(error instanceof AuditUnavailableError)) throw error;
    }
  }

  /**
   * Records the decisions in one transaction.
   *
   * @throws AuditUnavailableError when they cannot be recorded; nothing has happened then, so decide anew
   */
  settle(changes: DomainChanges): void {
    this.#log.transact((append) => {
      const at = this.#clock().toISOString();
      for (const one of changes.identities) {
        const { domain, host, told, uuid, since, present, goneAt, ran } = one;
        const here = present ? 1 : 0;
        this.#database.run(IDENTIFY, domain, host, told ? 1 : 0, uuid, since, at, here, goneAt, ran);
      }
      for (const name of changes.seen) this.#database.run(PRESENT, name, at);
      for (const name of changes.held) this.#retire(append, name, null, 'returned', true);
      for (const { name, presence, absentMs } of changes.away)
        this.#database.run(AWAY, presence, at, Math.round(absentMs), name);
      for (const name of changes.waiting) {
        append({ kind: 'domain.retirement.waits', actor: null, domain: name });
        this.#database.run(WAIT, name);
      }
      for (const name of changes.retired) this.#retire(append, name, null, 'gone', false);
    });
  }

  /**
   * The domain is gone from all hosts: the roles on it stop counting. A repeated call while it is away
   * changes nothing: a role given in the meantime awaits the name's next domain.
   *
   * @returns whether it was retired now
   * @throws AuditUnavailableError when it cannot be recorded: call again, or the old roles go on counting
   */
  gone(name: DomainName): boolean {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row?.present === 0) return false;
      if (row === undefined && this.#database.get(ROLE_ON, name) === undefined) return false;
      this.#retire(append, name, null, 'gone', false);
      return true;
    });
  }

  /**
   * An admin says that these names are given up. All or none: refused with `no-such-domain` for a name that
   * was never seen, with `wrong-state` for one that a host shows.
   */
  retire(names: readonly DomainName[], actor: EventActor): readonly DomainRecord[] | Refusal {
    return this.#each(names, (row, append) => {
      if (row.retired_at !== null && row.present === 0) return null;
      if (row.state === 'present')
        return refusal(
          'wrong-state',
          `a host shows ${row.name}: only a name that no host shows can be retired`,
        );
      this.#retire(append, row.name, actor, 'admin', false);
      return null;
    });
  }

  /**
   * An admin says that these names are not gone: they are no longer retired automatically, until they are
   * seen again. All or none, as `retire`.
   */
  keep(names: readonly DomainName[], actor: EventActor): readonly DomainRecord[] | Refusal {
    return this.#each(names, (row, append) => {
      if (row.state === 'present' || row.retired_at !== null)
        return refusal(
          'wrong-state',
          row.retired_at === null
            ? `a host shows ${row.name}: there is nothing to keep it from`
            : `${row.name} is retired already: when it is there again, \`postern domain adopt ${row.name}\``,
        );
      if (row.kept === 1) return null;
      append({ kind: 'domain.kept', actor, domain: row.name });
      this.#database.run(KEEP, row.name);
      return null;
    });
  }

  /**
   * An admin says that the name means the same domain as before: the old roles count again. Changes nothing
   * where they count already. Refused with `wrong-state` while no host shows one, retired or not: otherwise it
   * would hold for any later domain of the name, or seem to.
   */
  adopt(name: DomainName, actor: EventActor): DomainRecord | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return neverSeen(name);
      if (row.present === 0 || row.state !== 'present')
        return refusal('wrong-state', `no host shows a domain ${name}: adopt it when it is there again`);
      if (row.retired_at === null) return record(row);
      append({ kind: 'domain.adopted', actor, domain: name });
      this.#database.run(ADOPT, name);
      return { ...record(row), retiredAt: null, retiredWhy: null };
    });
  }

  /** Undefined for a name that was never seen. */
  find(name: DomainName): DomainRecord | undefined {
    const row = this.#database.get(FIND, name);
    return row === undefined ? undefined : record(row);
  }

  /** Sorted by name. */
  list(): DomainRecord[] {
    return this.#database.all(LIST).map(record);
  }

  /** The domain that each name meant on each host. */
  identities(): DomainIdentity[] {
    return this.#database.all(IDENTITIES).map(identity);
  }

  /** The same of one name. */
  identitiesOf(name: DomainName): DomainIdentity[] {
    return this.#database.all(IDENTITIES_OF, name).map(identity);
  }

  /** The number of names retired automatically since then, and not adopted. */
  retiredSince(time: Date): number {
    return this.#database.get(RETIRED_SINCE, time.toISOString())?.n ?? 0;
  }

  #retire(
    append: Append,
    name: DomainName,
    actor: EventActor | null,
    why: Retirement,
    present: boolean,
  ): void {
    const { at, seq } = append({ kind: 'domain.retired', actor, domain: name, why });
    const [state, absentSince] = present ? (['present', null] as const) : (['absent', at] as const);
    this.#database.run(RETIRE, name, at, present ? 1 : 0, at, seq, why, state, absentSince);
  }

  #each(
    names: readonly DomainName[],
    act: (row: StoredDomain, append: Append) => Refusal | null,
  ): readonly DomainRecord[] | Refusal {
    return this.#log.together<readonly DomainRecord[] | Refusal>(
      () => {
        for (const name of new Set(names)) {
          const row = this.#database.get(FIND, name);
          if (row === undefined) return neverSeen(name);
          const no = this.#log.transact((append) => act(row, append));
          if (no !== null) return no;
        }
        return names.flatMap((name) => this.#database.get(FIND, name) ?? []).map(record);
      },
      (result) => !isRefusal(result),
    );
  }
}

function neverSeen(name: DomainName): Refusal {
  return refusal('no-such-domain', `no domain ${name} was ever seen on any host`);
}

function identity({ gone_at: goneAt, ...row }: StoredIdentity): DomainIdentity {
  return { ...row, told: row.told === 1, present: row.present === 1, goneAt };
}

function record(row: StoredDomain): DomainRecord {
  return {
    name: row.name,
    firstSeenAt: row.first_seen_at,
    retiredAt: row.retired_at,
    retiredWhy: row.retired_why,
    presence: row.state,
    absentSince: row.absent_since,
    absentMs: row.absent_ms,
    waiting: row.waiting === 1,
    kept: row.kept === 1,
  };
}
