import type { DomainName } from '../../policy/names.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

/** A Xen host as the settings have it: under the same name there may be another machine one day. */
export interface SeenHost {
  readonly name: string;
  readonly socket: string;
}

const ALL = new Sql<{ domain: DomainName | null }>(
  `SELECT sighting.domain FROM host LEFT JOIN sighting ON sighting.host = host.name
   WHERE host.name = ? AND host.socket = ?`,
);
const PUT = new Sql(
  'INSERT INTO host (name, socket) VALUES (?, ?) ON CONFLICT DO UPDATE SET socket = excluded.socket',
);
const FORGET = new Sql('DELETE FROM sighting WHERE host = ?');
const SIGHT = new Sql('INSERT INTO sighting (host, domain) SELECT ?, value FROM json_each(?)');

/** Which domains each host showed when it was heard last: what a gate that starts knows of a host that does not answer. */
export class Sightings {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Null for a host that was never heard. */
  of({ name, socket }: SeenHost): ReadonlySet<DomainName> | null {
    const rows = this.#database.all(ALL, name, socket);
    if (rows.length === 0) return null;
    return new Set(rows.flatMap(({ domain }) => (domain === null ? [] : [domain])));
  }

  /**
   * @param names the whole list
   * @throws AuditUnavailable when it cannot be written: tell it again
   */
  record({ name, socket }: SeenHost, names: readonly DomainName[]): void {
    this.#database.transaction(() => {
      this.#database.run(PUT, name, socket);
      this.#database.run(FORGET, name);
      this.#database.run(SIGHT, name, JSON.stringify(names));
    });
  }
}
