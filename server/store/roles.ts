import type { CustomerName, DomainName } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { Role } from '../../policy/roles.js';
import type { EventActor } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { noSuchCustomer } from './customers.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { RoleRow } from './records.js';

interface StoredRole {
  readonly customer: CustomerName;
  readonly domain: DomainName;
  readonly role: Role;
  readonly since: string;
  readonly sinceSeq: number;
  readonly counts: 0 | 1;
}

/** Whether a row of `role`, joined with `domain`, counts: it must be younger than the domain's retirement. */
export const COUNTS = '(domain.retired_seq IS NULL OR role.since_seq > domain.retired_seq)';

const SELECT = `SELECT customer.name AS customer, role.domain, role.role, role.since, role.since_seq AS sinceSeq, ${COUNTS} AS counts
   FROM role JOIN customer ON customer.id = role.customer LEFT JOIN domain ON domain.name = role.domain`;
const OF = new Sql<StoredRole>(`${SELECT} WHERE customer.name = ? ORDER BY role.domain`);
const ON = new Sql<StoredRole>(`${SELECT} WHERE role.domain = ? ORDER BY customer.name`);
const FIND = new Sql<StoredRole>(`${SELECT} WHERE customer.name = ? AND role.domain = ?`);

const CUSTOMER = new Sql<{ id: number }>('SELECT id FROM customer WHERE name = ?');
const UPSERT = new Sql(
  `INSERT INTO role (customer, domain, role, since, since_seq) VALUES (?, ?, ?, ?, ?)
   ON CONFLICT DO UPDATE SET role = excluded.role, since = excluded.since, since_seq = excluded.since_seq`,
);
const CHANGE = new Sql('UPDATE role SET role = ? WHERE customer = ? AND domain = ?');
const DELETE = new Sql('DELETE FROM role WHERE customer = ? AND domain = ?');

/** The roles of customers on domains. */
export class Roles {
  readonly #database: Database;
  readonly #log: AuditLog;

  constructor(database: Database, log: AuditLog) {
    this.#database = database;
    this.#log = log;
  }

  /**
   * Gives the role, or changes it; a change keeps `since`. On a retired domain's name only this row
   * counts from now on. The domain need not have been seen yet. Refused with `name-reserved` when a
   * customer has the domain's name.
   */
  add(customer: CustomerName, domain: DomainName, role: Role, actor: EventActor): RoleRow | Refusal {
    return this.#log.transact((append) => {
      const owner = this.#database.get(CUSTOMER, customer);
      if (owner === undefined) return noSuchCustomer(customer);
      if (this.#database.get(CUSTOMER, domain) !== undefined) {
        return refusal(
          'name-reserved',
          `${domain} is a customer's login name: a domain of that name cannot be given to anybody`,
        );
      }
      const present = this.find(customer, domain);
      if (present?.counts === true && present.role === role) return present;
      const { seq, at } = append({ kind: 'role.added', actor, customer, domain, role });
      if (present?.counts === true) {
        this.#database.run(CHANGE, role, owner.id, domain);
        return { ...present, role };
      }
      this.#database.run(UPSERT, owner.id, domain, role, at, seq);
      return { customer, domain, role, since: at, sinceSeq: seq, counts: true };
    });
  }

  /** Refused with `no-role` when there is none to remove. */
  remove(customer: CustomerName, domain: DomainName, actor: EventActor): RoleRow | Refusal {
    return this.#log.transact((append) => {
      const owner = this.#database.get(CUSTOMER, customer);
      if (owner === undefined) return noSuchCustomer(customer);
      const present = this.find(customer, domain);
      if (present === undefined) return refusal('no-role', `${customer} has no role on ${domain}`);
      append({ kind: 'role.removed', actor, customer, domain, role: present.role });
      this.#database.run(DELETE, owner.id, domain);
      return present;
    });
  }

  /** All rows of a customer, also those that do not count. */
  of(customer: CustomerName): RoleRow[] {
    return this.#database.all(OF, customer).map(roleRow);
  }

  /** All rows on a domain, also those that do not count. */
  on(domain: DomainName): RoleRow[] {
    return this.#database.all(ON, domain).map(roleRow);
  }

  /** The row, even when it does not count. */
  find(customer: CustomerName, domain: DomainName): RoleRow | undefined {
    const row = this.#database.get(FIND, customer, domain);
    return row === undefined ? undefined : roleRow(row);
  }
}

function roleRow(row: StoredRole): RoleRow {
  return { ...row, counts: row.counts === 1 };
}
