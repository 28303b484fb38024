import { AUDIT_COLUMNS, auditRow } from './audit-record.js';
import type { StoredAuditRow } from './audit-record.js';
import type { AuditKind, AuditRow } from './audit-event.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

const OPEN_INTENTS = new Sql<StoredAuditRow>(
  `SELECT ${AUDIT_COLUMNS} FROM audit WHERE seq IN (SELECT seq FROM open_intent) AND kind GLOB 'domain.*.requested'
   AND operation = (SELECT operation FROM open_intent WHERE open_intent.seq = audit.seq) ORDER BY seq`,
);
const BEGIN_INTENT = new Sql('INSERT OR REPLACE INTO open_intent (seq, operation) VALUES (?, ?)');
const END_INTENTS = new Sql('DELETE FROM open_intent WHERE operation = ?');

const OF_OPERATION = new Sql<{ seq: number }>(
  'SELECT seq FROM audit WHERE operation = ? AND kind = ? LIMIT 1',
);

/** The intents of the audit log that have no outcome yet. They are kept beside it, so that nobody searches for them. */
export class OpenIntents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Oldest first. */
  rows(): AuditRow[] {
    return this.#database.all(OPEN_INTENTS).map(auditRow);
  }

  /** Whether there is an event of this kind about the operation. */
  has(operation: string, kind: AuditKind): boolean {
    return this.#database.get(OF_OPERATION, operation, kind) !== undefined;
  }

  /**
   * Notes a row about an operation, inside the transaction that writes it. An end that was recorded before its intent
   * counts as well. Rows that somebody cut off may have left theirs.
   */
  note(seq: number, kind: string, operation: string): void {
    if (kind === 'operation.ended') this.#database.run(END_INTENTS, operation);
    else if (isIntent(kind) && !this.has(operation, 'operation.ended'))
      this.#database.run(BEGIN_INTENT, seq, operation);
  }
}

function isIntent(kind: string): boolean {
  return kind.startsWith('domain.') && kind.endsWith('.requested');
}
