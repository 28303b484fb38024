import type { CustomerName, DomainName } from '../../policy/names.js';
import { AUDIT_COLUMNS, auditRow } from './audit-record.js';
import type { StoredAuditRow } from './audit-record.js';
import type { AuditRow } from './audit-event.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

/** The first rows since a time, by the clock of their time. It may have gone back, so the lowest number counts. */
const SINCE = new Sql<{ first: number | null; rows: number }>(
  'SELECT min(seq) AS first, count(*) AS rows FROM (SELECT seq FROM audit WHERE at >= ? ORDER BY at LIMIT ?)',
);
/** With so many rows since a time, the last ones of the log are soon among them. */
const MANY_SINCE = 10_000;

/** Selects rows of the log. All given conditions must hold. */
export interface TailQuery {
  /**
   * Only rows after this sequence number. With it the first `limit` rows are returned, without it the last.
   */
  readonly after?: number | undefined;
  /** The most rows; 500 when not given. */
  readonly limit?: number | undefined;
  /** Rows about what this customer did, or what was done to them. */
  readonly customer?: CustomerName | undefined;
  readonly domain?: DomainName | undefined;
  /** ISO 8601, UTC: only rows at or after this time. */
  readonly since?: string | undefined;
  /** Only this row and later ones; the last `limit` of them are returned. */
  readonly fromSeq?: number | undefined;
}

/** @returns rows, oldest first */
export function auditTail(database: Database, query: TailQuery): AuditRow[] {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const demand = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  demand('seq > ?', query.after);
  demand('customer = ?', query.customer);
  demand('domain = ?', query.domain);
  // SQLite must not go by the time: it would read and sort all rows since then, for the last few.
  demand('+at >= ?', query.since);
  demand('seq >= ?', query.fromSeq);
  demand('seq >= ?', query.since === undefined ? undefined : firstSince(database, query.since));
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const forward = query.after !== undefined;
  const text = `SELECT ${AUDIT_COLUMNS} FROM audit ${where} ORDER BY seq ${forward ? 'ASC' : 'DESC'} LIMIT ?`;
  const rows = database.all(new Sql<StoredAuditRow>(text), ...values, query.limit ?? 500).map(auditRow);
  return forward ? rows : rows.reverse();
}

/** The number of the first row since a time; undefined: there are many, so look from the end. */
function firstSince(database: Database, time: string): number | undefined {
  const { first, rows } = database.get(SINCE, time, MANY_SINCE) ?? { first: null, rows: 0 };
  if (rows === MANY_SINCE) return undefined;
  return first ?? Number.MAX_SAFE_INTEGER;
}
