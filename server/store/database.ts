import { accessSync, constants, rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import {
  connect,
  connectExpendable,
  connectSnapshot,
  connectVolatile,
  isUseless,
  removeDatabaseFile,
  version,
} from './connection.js';
import type { DatabaseOptions } from './connection.js';
import { makePrivateFile, secureDatabaseFile } from './state-directory.js';
import { AuditUnavailableError, StoreError } from './store-error.js';

/** The values that SQLite stores, as the STRICT tables use them. */
type SqlValue = string | number | Buffer | null;

/** One statement and the type of its rows. Made once, at the top of a file. */
export class Sql<Row = never> {
  /** The text of every statement that was made in this process: tests ask SQLite how it would run each. */
  static readonly made = new Set<string>();
  readonly text: string;
  /** Never called: it ties `Row` to the statement. */
  declare readonly row: (row: Row) => Row;

  constructor(text: string) {
    this.text = text;
    Sql.made.add(text);
  }
}

/** SQLite's codes for reads and writes that fail for a reason outside this program. */
const UNAVAILABLE = /^SQLITE_(FULL|READONLY|IOERR|BUSY|LOCKED|CANTOPEN|CORRUPT|NOTADB|PERM)/;

/** One SQLite file: prepares and runs statements, and interprets SQLite's errors. */
export class Database {
  readonly #file: string;
  readonly #options: DatabaseOptions;
  readonly #connect: () => Sqlite.Database;
  #sqlite: Sqlite.Database;
  /** SQLite reported, at a write, that the file is open only for reading. */
  #isReadOnly = false;
  readonly #prepared = new Map<string, Sqlite.Statement>();

  /** Use `open`. */
  constructor(file: string, options: DatabaseOptions, connection: () => Sqlite.Database) {
    this.#file = file;
    this.#options = options;
    this.#connect = connection;
    this.#sqlite = connection();
  }

  /**
   * @throws StoreError when the file cannot be used: wrong owner or mode, no database, or a newer version's
   */
  static open(file: string, options: DatabaseOptions = {}): Database {
    return new Database(file, options, () => connect(file, options));
  }

  /**
   * Makes a file of this run alone, for what no restart needs. A killed process leaves it whole; a power cut need not.
   *
   * @throws StoreError when it cannot be made
   */
  static makeVolatile(file: string, schema: string): Database {
    try {
      for (const part of [file, `${file}-wal`, `${file}-shm`]) rmSync(part, { force: true });
      makePrivateFile(file);
      const database = Database.openVolatile(file);
      database.#sqlite.exec(schema);
      return database;
    } catch (error) {
      throw new StoreError(`cannot make ${file}: ${(error as Error).message}`);
    }
  }

  /** Opens what `makeVolatile` made, in another process. */
  static openVolatile(file: string): Database {
    return new Database(file, {}, () => connectVolatile(file));
  }

  /**
   * Opens or makes a file for what may be lost, beside the database. A power cut may lose its last minutes.
   *
   * @param schemaVersion over 0; another one for each other schema
   * @param remade is told why a file that is broken, or has another version of the schema, was made anew; null leaves
   * it as it is. Only one process may: the others have it open
   * @throws StoreError when it cannot be used
   */
  static openExpendable(
    file: string,
    schema: string,
    schemaVersion: number,
    remade: ((why: string) => void) | null,
  ): Database {
    secureDatabaseFile(file);
    const open = (): Sqlite.Database => connectExpendable(file, schema, schemaVersion);
    try {
      try {
        return new Database(file, {}, open);
      } catch (error) {
        if (remade === null || !isUseless(error)) throw error;
        removeDatabaseFile(file);
        const database = new Database(file, {}, open);
        remade((error as Error).message);
        return database;
      }
    } catch (error) {
      throw new StoreError(`cannot open ${file}: ${(error as Error).message}`);
    }
  }

  /**
   * Lets go of an expendable file when the error says that it is broken. What is not read at the start, like a page in
   * the middle, shows only later. The next transaction opens what is there then.
   *
   * @param removes whether the file is to begin anew
   * @returns whether the file was broken
   */
  leaveBroken(error: unknown, removes: boolean): boolean {
    const cause = error instanceof AuditUnavailableError ? error.cause : error;
    if (!isUseless(cause)) return false;
    // Before the removal: SQLite removes the log of writes by its name.
    this.close();
    if (removes) removeDatabaseFile(this.#file);
    return true;
  }

  get<Row>(sql: Sql<Row>, ...values: readonly SqlValue[]): Row | undefined {
    return this.#statement(sql.text).get(...values) as Row | undefined;
  }

  all<Row>(sql: Sql<Row>, ...values: readonly SqlValue[]): Row[] {
    return this.#statement(sql.text).all(...values) as Row[];
  }

  /** @returns the number of changed rows */
  run(sql: Sql, ...values: readonly SqlValue[]): number {
    return this.#statement(sql.text).run(...values).changes;
  }

  /** Whether this is called by the body of a transaction. */
  get isInTransaction(): boolean {
    return this.#sqlite.inTransaction;
  }

  /**
   * Runs one immediate transaction: what it reads cannot change before the commit,
   * in this process or another.
   *
   * @throws AuditUnavailableError when it cannot be begun, written or committed; it is then rolled back
   */
  transaction<T>(body: () => T): T {
    if (this.#sqlite.inTransaction) throw new Error('a store method was called inside another one');
    if (this.#isReadOnly) this.#openAgain();
    try {
      this.#openLeft();
      return this.#sqlite.transaction(body).immediate();
    } catch (error) {
      if (isReadOnly(error)) this.#isReadOnly = true;
      throw unavailable(error, 'written');
    }
  }

  /**
   * Runs reads that belong together: they see one state of the file, whatever another process writes meanwhile. It
   * waits for nobody.
   *
   * @throws AuditUnavailableError when the file cannot be read
   */
  snapshot<T>(body: () => T): T {
    if (this.#sqlite.inTransaction) return body();
    try {
      this.#openLeft();
      return this.#sqlite.transaction(body).deferred();
    } catch (error) {
      throw unavailable(error, 'read');
    }
  }

  /**
   * Writes without changing anything.
   *
   * @throws AuditUnavailableError when nothing can be written
   */
  touch(): void {
    this.transaction(() => this.#sqlite.pragma(`user_version = ${version(this.#sqlite)}`));
  }

  /**
   * Copies the database as it is at one moment, a few pages at a time, while it is in
   * use. The copy has mode 0600.
   */
  async backup(file: string): Promise<void> {
    try {
      makePrivateFile(file);
    } catch (error) {
      throw new StoreError(`cannot write the backup ${file}: ${(error as Error).message}`);
    }
    if (this.#options.shared === true) await this.#backupSnapshot(file);
    else await this.#sqlite.backup(file);
  }

  /** A copy begins anew whenever another connection writes. A connection that holds a snapshot sees no writes. */
  async #backupSnapshot(file: string): Promise<void> {
    const snapshot = connectSnapshot(this.#file);
    try {
      await snapshot.backup(file);
    } finally {
      snapshot.close();
    }
  }

  close(): void {
    this.#prepared.clear();
    this.#sqlite.close();
  }

  /**
   * SQLite opens a file that is not writable for reading only, and stays so when that changes. The old
   * connection is closed first, because the connections of one process share their state of the file.
   */
  #openAgain(): void {
    try {
      accessSync(this.#file, constants.W_OK);
      this.close();
      this.#sqlite = this.#connect();
      this.#isReadOnly = false;
    } catch {
      // Still read-only, or a backup is running: the next write tries again.
    }
  }

  /** After `leaveBroken`. */
  #openLeft(): void {
    if (!this.#sqlite.open) this.#sqlite = this.#connect();
  }

  #statement(text: string): Sqlite.Statement {
    let statement = this.#prepared.get(text);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(keepingItsPlan(text));
      this.#prepared.set(text, statement);
    }
    return statement;
  }
}

/**
 * SQLite's planner looks at the values of a query that joins tables, and plans it anew each time they change
 * (`sqlite3ExprIsInteger` in 3.54). That costs eight times as much as the query itself. It does not look into
 * `likely()`, which returns its argument.
 */
export function keepingItsPlan(sql: string): string {
  return sql.trimStart().startsWith('SELECT') ? sql.replaceAll('?', 'likely(?)') : sql;
}

/** The error to throw for one of SQLite. */
function unavailable(error: unknown, what: 'read' | 'written'): unknown {
  return error instanceof Sqlite.SqliteError && UNAVAILABLE.test(error.code)
    ? new AuditUnavailableError(`the database cannot be ${what}: ${error.message}`, { cause: error })
    : error;
}

function isReadOnly(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_READONLY');
}
