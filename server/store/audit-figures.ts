import { AUDIT_COLUMNS, auditRow } from './audit-record.js';
import type { StoredAuditRow } from './audit-record.js';
import type { AuditKind } from './audit-event.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

const LAST_BACKUP = new Sql<StoredAuditRow>(
  `SELECT ${AUDIT_COLUMNS} FROM audit WHERE kind = 'backup.made' ORDER BY seq DESC LIMIT 1`,
);
const REFUSALS = new Sql<{ kind: string; reason: string; times: number }>(
  `SELECT kind, coalesce(record ->> '$.event.reason', record ->> '$.event.code') AS reason, count(*) AS times
   FROM audit WHERE at >= ? AND kind IN ('login.refused', 'domain.denied')
   GROUP BY kind, reason ORDER BY times DESC, reason`,
);

/** How often something was refused for one reason. */
export interface RefusalCount {
  /** As in the audit log: `key-expired`, `rate-limit`. */
  readonly reason: string;
  readonly times: number;
}

export interface RefusalCounts {
  readonly logins: readonly RefusalCount[];
  readonly requests: readonly RefusalCount[];
}

export interface LastBackup {
  /** ISO 8601. */
  readonly at: string;
  /** The admin's name for the file. */
  readonly file: string;
  readonly by: string;
}

/** How often logins were refused since then, and requests for domains, by reason; the most frequent first. */
export function refusalsSince(database: Database, since: Date): RefusalCounts {
  const rows = database.all(REFUSALS, since.toISOString());
  const of = (wanted: AuditKind): readonly RefusalCount[] =>
    rows.flatMap(({ kind, reason, times }) => (kind === wanted ? [{ reason, times }] : []));
  return { logins: of('login.refused'), requests: of('domain.denied') };
}

/** When a backup was made last, and of whom; undefined when none was. */
export function lastBackup(database: Database): LastBackup | undefined {
  const stored = database.get(LAST_BACKUP);
  if (stored === undefined) return undefined;
  const { at, event } = auditRow(stored);
  if (event.kind !== 'backup.made') return undefined;
  const { actor, file } = event;
  return { at, file, by: 'admin' in actor ? actor.admin : actor.customer };
}
