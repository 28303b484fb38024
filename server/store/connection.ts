import { rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { APPLICATION_ID, MIGRATIONS } from './migrations.js';
import { secureDatabaseFile } from './state-directory.js';
import { StoreError } from './store-error.js';

export interface DatabaseOptions {
  /** Called with each statement as it runs, with its values. */
  readonly trace?: (sql: string) => void;
  /** The most pages of 4 KiB in the file; a write that needs more throws AuditUnavailableError. */
  readonly maximumPages?: number;
  /** Whether other processes of the gate write to the file too. */
  readonly shared?: boolean;
}

/**
 * How long a write waits for another process. The whole gate stands still meanwhile, so it is short: our own
 * transactions take a few milliseconds, and nobody else should write here.
 */
const BUSY_TIMEOUT_MS = 250;

/** The same where several processes of one gate write: each may have to wait for all others. */
const SHARED_BUSY_TIMEOUT_MS = 3000;

/** The same for a volatile file, whose transactions never wait for a disk. */
const VOLATILE_BUSY_TIMEOUT_MS = 5000;

/**
 * Opens the database, makes it when there is none, and brings its schema up to date.
 *
 * @throws StoreError when the file cannot be used: wrong owner or mode, no database, or a newer version's
 */
export function connect(file: string, options: DatabaseOptions): Sqlite.Database {
  secureDatabaseFile(file);
  const { trace } = options;
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = new Sqlite(file, {
      timeout: options.shared === true ? SHARED_BUSY_TIMEOUT_MS : BUSY_TIMEOUT_MS,
      ...(trace === undefined
        ? {}
        : {
            verbose: (sql: unknown) => {
              trace(String(sql));
            },
          }),
    });
    refuseForeign(sqlite, file);
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    sqlite.pragma('trusted_schema = OFF');
    migrate(sqlite);
    if (options.maximumPages !== undefined) sqlite.pragma(`max_page_count = ${options.maximumPages}`);
    return sqlite;
  } catch (error) {
    sqlite?.close();
    if (error instanceof StoreError) throw error;
    throw new StoreError(`cannot open the database ${file}: ${(error as Error).message}`);
  }
}

/** Opens a file of this run alone, whose transactions need not outlive a power cut. */
export function connectVolatile(file: string): Sqlite.Database {
  const sqlite = new Sqlite(file, { timeout: VOLATILE_BUSY_TIMEOUT_MS, fileMustExist: true });
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = OFF');
  return sqlite;
}

/** Opens a connection that sees the file as it is now, and none of the writes that follow. */
export function connectSnapshot(file: string): Sqlite.Database {
  const snapshot = new Sqlite(file, { timeout: SHARED_BUSY_TIMEOUT_MS });
  try {
    snapshot.exec('BEGIN');
    snapshot.prepare('SELECT count(*) FROM sqlite_schema').get();
    return snapshot;
  } catch (error) {
    snapshot.close();
    throw error;
  }
}

/** An expendable file has another version of the schema. */
class OtherSchema extends Error {}

/**
 * Opens a file for what may be lost, and makes its schema when it has none.
 *
 * @throws Sqlite.SqliteError, OtherSchema
 */
export function connectExpendable(file: string, schema: string, schemaVersion: number): Sqlite.Database {
  const sqlite = new Sqlite(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = NORMAL');
    sqlite.pragma('trusted_schema = OFF');
    if (version(sqlite) === schemaVersion) return sqlite;
    sqlite
      .transaction(() => {
        // Read again: another process may have made it while this one waited.
        const found = version(sqlite);
        if (found === schemaVersion) return;
        if (found > 0)
          throw new OtherSchema(`it has schema ${found}, and this Postern knows ${schemaVersion}`);
        sqlite.exec(schema);
        sqlite.pragma(`user_version = ${schemaVersion}`);
      })
      .exclusive();
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/** Whether a file for what may be lost is broken, or of another version: it has to begin anew. */
export function isUseless(error: unknown): boolean {
  if (error instanceof OtherSchema) return true;
  return error instanceof Sqlite.SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);
}

export function removeDatabaseFile(file: string): void {
  for (const part of [file, `${file}-wal`, `${file}-shm`]) rmSync(part, { force: true });
  secureDatabaseFile(file);
}

export function version(sqlite: Sqlite.Database): number {
  return sqlite.pragma('user_version', { simple: true }) as number;
}

function refuseForeign(sqlite: Sqlite.Database, file: string): void {
  const found = version(sqlite);
  const tables = sqlite.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number };
  const ours = sqlite.pragma('application_id', { simple: true }) === APPLICATION_ID;
  if (!ours && (found > 0 || tables.n > 0)) {
    throw new StoreError(`${file} is a database of another program: name another state directory`);
  }
  if (found > MIGRATIONS.length) {
    throw new StoreError(
      `${file} was written by a newer Postern (schema ${found}, this one knows up to ${MIGRATIONS.length}): ` +
        `install the newer Postern again, or restore a backup from before the upgrade`,
    );
  }
}

function migrate(sqlite: Sqlite.Database): void {
  if (version(sqlite) === MIGRATIONS.length) return;
  sqlite
    .transaction(() => {
      // Read again: another process may have migrated while this one waited.
      for (let next = version(sqlite); next < MIGRATIONS.length; next += 1) {
        sqlite.exec(MIGRATIONS[next] ?? '');
      }
      sqlite.pragma(`application_id = ${APPLICATION_ID}`);
      sqlite.pragma(`user_version = ${MIGRATIONS.length}`);
    })
    .exclusive();
}
