import { Sql } from './database.js';
import type { Database } from './database.js';

/**
 * The triggers that forbid changing the audit log, as the first migration makes them.
 * White space does not count.
 */
const GUARDS: ReadonlyMap<string, string> = new Map(
  [
    `CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
    `CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
    `CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
     WHEN EXISTS (SELECT 1 FROM audit WHERE seq >= NEW.seq)
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  ].map((text) => [text.split(' ', 3)[2] ?? '', plain(text)]),
);

const TRIGGERS = new Sql<{ name: string; sql: string }>(
  `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit' COLLATE NOCASE`,
);

/** @returns a sentence when the guards are not exactly the three that were made; null when they are */
export function guardProblem(database: Database): string | null {
  const found = new Map(database.all(TRIGGERS).map(({ name, sql }) => [name, plain(sql)]));
  const gone = [...GUARDS.keys()].filter((name) => !found.has(name));
  if (gone.length > 0)
    return `the triggers that forbid changing the log have been removed from the database: ${gone.join(', ')}`;
  const changed = [...GUARDS].filter(([name, text]) => found.get(name) !== text).map(([name]) => name);
  if (changed.length > 0) return `triggers that guard the log say something else: ${changed.join(', ')}`;
  const more = [...found.keys()].filter((name) => !GUARDS.has(name));
  return more.length > 0 ? `the log has triggers that are not ours: ${more.join(', ')}` : null;
}

function plain(sql: string): string {
  return sql.replace(/\s+/g, ' ').trim();
}
