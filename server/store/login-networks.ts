import type { CustomerName } from '../../policy/names.js';
import type { AuditRow } from './audit-event.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

/** Networks that are remembered of a customer, and rows of the log that are looked through for earlier ones. */
const MOST_NETWORKS = 200;

const CUSTOMER = new Sql<{ id: number; named_seq: number }>(
  'SELECT id, named_seq FROM customer WHERE name = ?',
);
const SEEN = new Sql('UPDATE login_network SET last_at = ? WHERE customer = ? AND network = ?');
const NETWORKS = new Sql<{ n: number }>('SELECT count(*) AS n FROM login_network WHERE customer = ?');
const PUT_NETWORK = new Sql(
  'INSERT INTO login_network (customer, network, last_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
);
const OLDEST_NETWORK = new Sql(
  `DELETE FROM login_network WHERE customer = ? AND network IN
   (SELECT network FROM login_network WHERE customer = ? ORDER BY last_at LIMIT ?)`,
);
const EARLIER_LOGINS = new Sql<{ source: string; at: string }>(
  `SELECT record ->> '$.event.actor.source' AS source, at FROM audit
   WHERE customer = ? AND kind = 'login.accepted' AND seq >= ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
);

/** The networks from which customers have logged in. */
export class LoginNetworks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Notes a login, inside the present transaction.
   *
   * @param networkOf the network of an address; logins of the log count by it as well
   * @returns whether the customer has logged in before, and never from there
   */
  isNew(
    name: CustomerName,
    source: string,
    { seq, at }: Pick<AuditRow, 'seq' | 'at'>,
    networkOf: (source: string) => string,
  ): boolean {
    const customer = this.#database.get(CUSTOMER, name);
    // Who had the name before is somebody else.
    if (customer === undefined || seq < customer.named_seq) return false;
    const { id, named_seq: named } = customer;
    const network = networkOf(source);
    if (this.#database.run(SEEN, at, id, network) > 0) return false;
    let known = this.#database.get(NETWORKS, id)?.n ?? 0;
    if (known === 0)
      for (const earlier of this.#database.all(EARLIER_LOGINS, name, named, seq, MOST_NETWORKS))
        known += this.#database.run(PUT_NETWORK, id, networkOf(earlier.source), earlier.at);
    const isNew = this.#database.run(PUT_NETWORK, id, network, at) > 0;
    if (known >= MOST_NETWORKS) this.#database.run(OLDEST_NETWORK, id, id, known + 1 - MOST_NETWORKS);
    return isNew && known > 0;
  }
}
