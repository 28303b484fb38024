import Sqlite from 'better-sqlite3';
import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { CustomerActor } from '../../../server/store/audit-actor.js';
import type { AuditEvent } from '../../../server/store/audit-event.js';
import { GENESIS, storedRow } from '../../../server/store/audit-record.js';

const LETTERS = 'bcdfghjkmnpqrstvwxz';
/** Rows written between two rests for others. */
const AT_ONCE = 100_000;
const SECOND = 1_000;

/** Who is in the made rows. */
export interface MadeAudit {
  /** How many rows the log has in the end. */
  readonly rows: number;
  readonly customers: readonly CustomerName[];
  readonly domains: readonly DomainName[];
  /** The time of the last row. */
  readonly end: Date;
}

/**
 * Appends rows to the audit log of a closed database, with a right chain, one a second. It goes around the store:
 * ten million transactions would take a day. Each visit is a login, a console, now and then a denial.
 */
export function makeAudit(file: string, { rows, customers, domains, end }: MadeAudit): void {
  const sqlite = new Sqlite(file);
  sqlite.pragma('journal_mode = MEMORY');
  sqlite.pragma('synchronous = OFF');
  sqlite.pragma('cache_size = -400000');
  // Indexes are built faster afterwards than beside.
  const indexes = sqlite
    .prepare(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'audit' AND sql IS NOT NULL`,
    )
    .all() as { name: string; sql: string }[];
  for (const { name } of indexes) sqlite.exec(`DROP INDEX ${name}`);
  const head = sqlite.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get() as
    | { seq: number; hash: string }
    | undefined;
  let { seq, hash } = head ?? { seq: 0, hash: GENESIS };
  const begun = end.getTime() - (rows - seq) * SECOND;
  const put = sqlite.prepare(
    `INSERT INTO audit (seq, at, kind, customer, domain, operation, source, record, prev, hash)
     VALUES (@seq, @at, @kind, @customer, @domain, @operation, @source, @record, @prev, @hash)`,
  );
  let visit = 0;
  let waiting: readonly AuditEvent[] = [];
  while (seq < rows) {
    sqlite.exec('BEGIN');
    for (const stop = Math.min(rows, seq + AT_ONCE); seq < stop;) {
      const [event, ...more] = waiting;
      if (event === undefined) {
        waiting = eventsOf((visit += 1), customers, domains);
        continue;
      }
      waiting = more;
      seq += 1;
      const asker = event.kind === 'operation.ended' ? customerOf(visit, customers) : null;
      const at = new Date(begun + seq * SECOND).toISOString();
      const row = storedRow({ seq, at, event }, hash, asker);
      put.run(row);
      ({ hash } = row);
    }
    sqlite.exec('COMMIT');
  }
  for (const { sql } of indexes) sqlite.exec(sql);
  sqlite.pragma('journal_mode = WAL');
  sqlite.close();
}

function customerOf(visit: number, customers: readonly CustomerName[]): CustomerName {
  return customers[visit % customers.length] as CustomerName;
}

function eventsOf(
  visit: number,
  customers: readonly CustomerName[],
  domains: readonly DomainName[],
): readonly AuditEvent[] {
  const customer = customerOf(visit, customers);
  const domain = domains[visit % domains.length] as DomainName;
  const connection = visit.toString(16).padStart(8, '0');
  const fingerprint = `SHA256:${'a'.repeat(43)}` as Fingerprint;
  const actor: CustomerActor = { customer, fingerprint, source: `192.0.2.${visit % 250}`, connection };
  const session = `${connection}.1`;
  const operation = `${connection}-0000-4000-8000-000000000000`;
  const [revision, rule, profile] = [1, 'work', null];
  return [
    { kind: 'login.accepted', actor, login: customer },
    { kind: 'session.opened', actor, session, what: 'menu', command: null },
    { kind: 'domain.console.requested', actor, domain, operation, profile, rule, revision },
    { kind: 'operation.ended', operation, domain, outcome: 'done', code: null, detail: null },
    ...(visit % 10 === 0
      ? [
          {
            kind: 'domain.denied' as const,
            actor,
            domain,
            action: 'poweroff' as const,
            code: 'no-rule' as const,
            detail: 'no rule',
            reference: referenceOf(visit),
          },
        ]
      : []),
    { kind: 'session.closed', actor, session, what: 'menu', command: null },
    { kind: 'connection.closed', actor, seconds: 60 },
  ];
}

/** Another one for each number. */
function referenceOf(number: number): string {
  let text = '';
  for (let left = number, at = 0; at < 6; at += 1, left = Math.floor(left / LETTERS.length))
    text += LETTERS.charAt(left % LETTERS.length);
  return text;
}
