import type { CustomerName } from '../../policy/names.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { AuditUnavailable } from './store-error.js';

/** How a customer likes the menu. Null: never said. */
export interface Preference {
  readonly charset: 'utf-8' | 'ascii' | null;
  readonly colour: boolean | null;
}

const GET = new Sql<{ charset: 'utf-8' | 'ascii' | null; colour: 0 | 1 | null }>(
  'SELECT charset, colour FROM preference WHERE customer = (SELECT id FROM customer WHERE name = ?)',
);
const SET = new Sql(
  `INSERT INTO preference (customer, charset, colour) SELECT id, ?, ? FROM customer WHERE name = ?
   ON CONFLICT DO UPDATE SET charset = excluded.charset, colour = excluded.colour`,
);

/** What a customer toggled in the menu. Comfort only: not audited, and let pass when nothing can be written. */
export class Preferences {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(customer: CustomerName): Preference {
    const row = this.#database.get(GET, customer);
    if (row === undefined) return { charset: null, colour: null };
    return { charset: row.charset, colour: row.colour === null ? null : row.colour === 1 };
  }

  set(customer: CustomerName, preference: Preference): void {
    const colour = preference.colour === null ? null : Number(preference.colour);
    try {
      this.#database.transaction(() => this.#database.run(SET, preference.charset, colour, customer));
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
    }
  }
}
