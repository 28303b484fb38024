import Sqlite from 'better-sqlite3';

/** The locks that are held: a connection that is garbage-collected is closed, and its lock is lost. */
const LOCKS = new Set<Sqlite.Database>();

/**
 * Locks a file of its own with SQLite. The lock ends with its process, however that ends, and needs no write.
 *
 * @returns a function that releases the lock, calling it twice is harmless; null when another process has it
 * @throws Sqlite.SqliteError when the file cannot be used
 */
export function lockFile(file: string): (() => void) | null {
  return hold(file, (sqlite) => {
    sqlite.exec('BEGIN EXCLUSIVE');
  });
}

/**
 * Shares a lock on the file that `lockFile` locks alone. It ends with its process.
 *
 * @returns a function that releases it; null when another process has the file alone
 * @throws Sqlite.SqliteError when the file cannot be used
 */
export function shareFile(file: string): (() => void) | null {
  return hold(file, (sqlite) => {
    sqlite.exec('BEGIN');
    sqlite.prepare('SELECT count(*) FROM sqlite_schema').get();
  });
}

/** Opens a connection that holds the lock which `begin` takes. @returns null when another process has it */
function hold(file: string, begin: (sqlite: Sqlite.Database) => void): (() => void) | null {
  const sqlite = new Sqlite(file, { timeout: 0 });
  try {
    begin(sqlite);
  } catch (error) {
    sqlite.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  LOCKS.add(sqlite);
  return () => {
    LOCKS.delete(sqlite);
    sqlite.close();
  };
}
