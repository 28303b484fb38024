import type { AdminActor } from './audit-actor.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

/** During maintenance customers change nothing: they only look and read. Times are ISO 8601, UTC. */
export interface MaintenanceRow {
  /** The sentence for customers. One printable line. */
  readonly sentence: string;
  /** Whether consoles are closed as well; watching stays possible. */
  readonly consolesClosed: boolean;
  readonly since: string;
  /** When it ends by itself; null: when an admin ends it. */
  readonly until: string | null;
}

interface StoredMaintenance {
  readonly sentence: string;
  readonly consoles_closed: 0 | 1;
  readonly since: string;
  readonly until: string | null;
}

const GET = new Sql<StoredMaintenance>('SELECT sentence, consoles_closed, since, until FROM maintenance');
const PUT = new Sql(
  `INSERT INTO maintenance (id, sentence, consoles_closed, since, until) VALUES (1, ?, ?, ?, ?)
   ON CONFLICT DO UPDATE SET sentence = excluded.sentence, consoles_closed = excluded.consoles_closed,
     since = excluded.since, until = excluded.until`,
);
const DELETE = new Sql('DELETE FROM maintenance');

/** Whether there is maintenance. It is stored, because it outlives every restart. */
export class Maintenance {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#clock = clock;
  }

  /** The present maintenance; null when there is none, or its time is over. */
  get(): MaintenanceRow | null {
    const row = this.#database.get(GET);
    if (row === undefined || (row.until !== null && row.until <= this.#clock().toISOString())) return null;
    const { sentence, consoles_closed: closed, since, until } = row;
    return { sentence, consolesClosed: closed === 1, since, until };
  }

  /** Begins maintenance, or replaces it with a new `since`. */
  begin(row: Omit<MaintenanceRow, 'since'>, actor: AdminActor): MaintenanceRow {
    const { sentence, consolesClosed, until } = row;
    return this.#log.transact((append) => {
      const { at } = append({ kind: 'maintenance.began', actor, sentence, consolesClosed, until });
      this.#database.run(PUT, sentence, Number(consolesClosed), at, until);
      return { ...row, since: at };
    });
  }

  /** Ends it. Without maintenance it changes nothing. @returns whether there was any */
  end(actor: AdminActor): boolean {
    return this.#log.transact((append) => {
      if (this.get() === null) return false;
      append({ kind: 'maintenance.ended', actor });
      this.#database.run(DELETE);
      return true;
    });
  }

  /** Removes maintenance whose time is over. @returns whether there was any */
  expire(): boolean {
    return this.#log.transact((append) => {
      if (this.#database.get(GET) === undefined || this.get() !== null) return false;
      append({ kind: 'maintenance.ended', actor: null });
      this.#database.run(DELETE);
      return true;
    });
  }
}
