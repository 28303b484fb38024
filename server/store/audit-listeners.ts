import { AUDIT_COLUMNS, AUDIT_HEAD, auditRow } from './audit-record.js';
import type { StoredAuditRow } from './audit-record.js';
import type { AuditKind, AuditRow } from './audit-event.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

/** Rows that take nobody's right and change nothing that is shown. They are many. */
const OF_COMING_AND_GOING: ReadonlySet<AuditKind> = new Set([
  'login.accepted',
  'session.opened',
  'session.closed',
  'connection.closed',
]);
const ALL_BETWEEN = new Sql<StoredAuditRow>(
  `SELECT ${AUDIT_COLUMNS} FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq`,
);
const BETWEEN = new Sql<StoredAuditRow>(
  `SELECT ${AUDIT_COLUMNS} FROM audit WHERE seq > ? AND seq <= ?
   AND kind NOT IN (${[...OF_COMING_AND_GOING].map((kind) => `'${kind}'`).join(', ')}) ORDER BY seq`,
);

/** Who hears of the rows of the audit log, also of those that other processes write. */
export class AuditListeners {
  readonly #database: Database;
  readonly #listeners = new Set<(row: AuditRow) => void>();
  /** Set when other processes write too: the last row that listeners have heard, and who is told of own ones. */
  #shared: { heard: number; readonly tell: () => void } | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** See `AuditLog.onAppend`. */
  add(listener: (row: AuditRow) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** See `AuditLog.share`. @param heard the log's last row */
  share(heard: number, tell: () => void): void {
    this.#shared = { heard, tell };
  }

  /** See `AuditLog.catchUp`. */
  catchUp(): void {
    this.#catchUp(BETWEEN);
  }

  /** Tells them of rows that this process has committed. @param last the last of them */
  announce(rows: readonly AuditRow[], last: AuditRow): void {
    const shared = this.#shared;
    if (shared === null) {
      this.#tell(rows);
      return;
    }
    if (rows[0]?.seq === shared.heard + 1) {
      shared.heard = last.seq;
      this.#tell(rows);
    } else {
      // Its own are among them, of whatever kind.
      this.#catchUp(ALL_BETWEEN);
    }
    if (rows.some(({ event }) => !OF_COMING_AND_GOING.has(event.kind))) shared.tell();
  }

  #catchUp(rowsBetween: typeof BETWEEN): void {
    const shared = this.#shared;
    if (shared === null) return;
    const last = this.#database.get(AUDIT_HEAD)?.seq ?? 0;
    if (last <= shared.heard) return;
    const rows = this.#database.all(rowsBetween, shared.heard, last).map(auditRow);
    shared.heard = last;
    this.#tell(rows);
  }

  #tell(rows: readonly AuditRow[]): void {
    for (const row of rows) {
      for (const listener of this.#listeners) {
        queueMicrotask(() => {
          if (this.#listeners.has(listener)) listener(row);
        });
      }
    }
  }
}
