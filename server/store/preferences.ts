import type { CustomerName } from '../../policy/names.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { AuditUnavailableError } from './store-error.js';

/** A customer's preferences for the menu and the console. Null: not set. */
interface Preference {
  readonly charset: 'utf-8' | 'ascii' | null;
  readonly colour: boolean | null;
  /** The escape key for consoles, `^]`. */
  readonly escape: string | null;
}

const GET = new Sql<{ charset: 'utf-8' | 'ascii' | null; colour: 0 | 1 | null; escapeKey: string | null }>(
  'SELECT charset, colour, escape_key AS escapeKey FROM preference WHERE customer = (SELECT id FROM customer WHERE name = ?)',
);
const SET = new Sql(
  `INSERT INTO preference (customer, charset, colour) SELECT id, ?, ? FROM customer WHERE name = ?
   ON CONFLICT DO UPDATE SET charset = excluded.charset, colour = excluded.colour`,
);

const SET_ESCAPE = new Sql(
  `INSERT INTO preference (customer, escape_key) SELECT id, ? FROM customer WHERE name = ?
   ON CONFLICT DO UPDATE SET escape_key = excluded.escape_key`,
);

/**
 * What a customer chose in the menu, or by a command. It is comfort only: not audited, and
 * a failed write is ignored.
 */
export class Preferences {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(customer: CustomerName): Preference {
    const row = this.#database.get(GET, customer);
    if (row === undefined) return { charset: null, colour: null, escape: null };
    const { charset, colour, escapeKey: escape } = row;
    return { charset, colour: colour === null ? null : colour === 1, escape };
  }

  set(customer: CustomerName, preference: Pick<Preference, 'charset' | 'colour'>): void {
    const colour = preference.colour === null ? null : Number(preference.colour);
    this.#write(() => this.#database.run(SET, preference.charset, colour, customer));
  }

  /** @param escape null: the site's default */
  setEscape(customer: CustomerName, escape: string | null): void {
    this.#write(() => this.#database.run(SET_ESCAPE, escape, customer));
  }

  #write(write: () => unknown): void {
    try {
      this.#database.transaction(write);
    } catch (error) {
      if (!(error instanceof AuditUnavailableError)) throw error;
    }
  }
}
