import type { DomainName } from '../../policy/names.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

/** A Xen host as the settings name it: another machine may have the same name one day. */
export interface SeenHost {
  readonly name: string;
  readonly socket: string;
}

/** The latest list of a host. */
export interface LastObservation {
  /** The domains that it managed. */
  readonly domains: ReadonlySet<DomainName>;
  /** The guests that ran there unmanaged; null: the host did not say. */
  readonly guests: ReadonlySet<string> | null;
}

const HOST = new Sql<{ tells: 0 | 1 }>('SELECT tells FROM host WHERE name = ? AND socket = ?');
const DOMAINS = new Sql<{ name: DomainName }>('SELECT domain AS name FROM sighting WHERE host = ?');
const GUESTS = new Sql<{ name: string }>('SELECT name FROM guest WHERE host = ?');
const PUT = new Sql(
  `INSERT INTO host (name, socket, tells) VALUES (?, ?, ?)
   ON CONFLICT DO UPDATE SET socket = excluded.socket, tells = excluded.tells`,
);
const FORGET = new Sql('DELETE FROM sighting WHERE host = ?');
const INSERT = new Sql('INSERT INTO sighting (host, domain) SELECT ?, value FROM json_each(?)');
const FORGET_GUESTS = new Sql('DELETE FROM guest WHERE host = ?');
const SIGHT_GUESTS = new Sql('INSERT INTO guest (host, name) SELECT ?, value FROM json_each(?)');
const LEAVING = new Sql<{ domain: DomainName }>('SELECT domain FROM leaving');
const FORGET_LEAVING = new Sql('DELETE FROM leaving');
const LEAVE = new Sql('INSERT INTO leaving (domain) SELECT value FROM json_each(?)');

/** The latest list of each host. A gate that starts uses it for hosts that do not answer. */
export class LastObservations {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Null for a host that never answered. */
  of({ name, socket }: SeenHost): LastObservation | null {
    return this.#database.snapshot(() => {
      const host = this.#database.get(HOST, name, socket);
      if (host === undefined) return null;
      return {
        domains: new Set(this.#database.all(DOMAINS, name).map((row) => row.name)),
        guests: host.tells === 1 ? new Set(this.#database.all(GUESTS, name).map((row) => row.name)) : null,
      };
    });
  }

  /**
   * @param shown everything that the host shows now
   * @throws AuditUnavailableError when it cannot be written: call again
   */
  record({ name, socket }: SeenHost, { domains, guests }: LastObservation): void {
    this.#database.transaction(() => {
      this.#database.run(PUT, name, socket, guests === null ? 0 : 1);
      this.#database.run(FORGET, name);
      this.#database.run(INSERT, name, JSON.stringify([...domains]));
      this.#database.run(FORGET_GUESTS, name);
      this.#database.run(SIGHT_GUESTS, name, JSON.stringify([...(guests ?? [])]));
    });
  }

  /** Domains that were seen leaving a host, and not seen running since. */
  leaving(): ReadonlySet<DomainName> {
    return new Set(this.#database.all(LEAVING).map(({ domain }) => domain));
  }

  /**
   * @param domains all such domains
   * @throws AuditUnavailableError when it cannot be written: call again
   */
  recordLeaving(domains: ReadonlySet<DomainName>): void {
    this.#database.transaction(() => {
      this.#database.run(FORGET_LEAVING);
      this.#database.run(LEAVE, JSON.stringify([...domains]));
    });
  }
}
