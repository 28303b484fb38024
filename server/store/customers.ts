import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { Role } from '../../policy/roles.js';
import type { EventActor } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { Customer } from './records.js';

interface CustomerRow {
  readonly id: number;
  readonly name: CustomerName;
  readonly since: string;
  readonly named_at: string | null;
  readonly named_seq: number;
  readonly suspended_at: string | null;
}

const SELECT = 'SELECT id, name, since, named_at, named_seq, suspended_at FROM customer';
const FIND = new Sql<CustomerRow>(`${SELECT} WHERE name = ?`);
const LIST = new Sql<CustomerRow>(`${SELECT} ORDER BY name`);
const INSERT = new Sql('INSERT INTO customer (name, since, named_seq) VALUES (?, ?, ?)');
const DELETE = new Sql('DELETE FROM customer WHERE id = ?');
const RENAME = new Sql('UPDATE customer SET name = ?, named_at = ?, named_seq = ? WHERE id = ?');
const SUSPEND = new Sql('UPDATE customer SET suspended_at = ? WHERE id = ?');
const DOMAIN_NAMED = new Sql<{ name: string }>(
  'SELECT name FROM domain WHERE name = ? UNION SELECT domain FROM role WHERE domain = ?',
);
const ROLES = new Sql<{ domain: DomainName; role: Role }>('SELECT domain, role FROM role WHERE customer = ?');
const KEYS = new Sql<{ fingerprint: Fingerprint; type: string }>(
  'SELECT fingerprint, type FROM key WHERE customer = ?',
);

export function noSuchCustomer(name: string): Refusal {
  return refusal('no-such-customer', `there is no customer ${name}`);
}

/** The customers: the people and firms that may log in. */
export class Customers {
  readonly #database: Database;
  readonly #log: AuditLog;

  constructor(database: Database, log: AuditLog) {
    this.#database = database;
    this.#log = log;
  }

  /** Refused with `name-reserved` when a customer or a domain has the name: a login must have one meaning. */
  add(name: CustomerName, actor: EventActor): Customer | Refusal {
    return this.#log.transact((append) => {
      const taken = this.#taken(name);
      if (taken !== null) return taken;
      const { seq, at } = append({ kind: 'customer.added', actor, customer: name });
      this.#database.run(INSERT, name, at, seq);
      return { name, since: at, namedAt: at, namedSeq: seq, suspendedAt: null };
    });
  }

  /**
   * Gives the customer another login name; keys, roles and preferences stay. Audit rows under the old name
   * stay there. Refused as a new customer's name is.
   */
  rename(name: CustomerName, to: CustomerName, actor: EventActor): Customer | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return noSuchCustomer(name);
      const taken = this.#taken(to);
      if (taken !== null) return taken;
      const { seq, at } = append({ kind: 'customer.renamed', actor, customer: name, to });
      this.#database.run(RENAME, to, at, seq, row.id);
      return { ...customer(row), name: to, namedAt: at, namedSeq: seq };
    });
  }

  find(name: CustomerName): Customer | undefined {
    const row = this.#database.get(FIND, name);
    return row === undefined ? undefined : customer(row);
  }

  /** Sorted by name. */
  list(): Customer[] {
    return this.#database.all(LIST).map(customer);
  }

  /** Also removes the customer's keys, roles and preferences. */
  remove(name: CustomerName, actor: EventActor): Customer | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return noSuchCustomer(name);
      for (const { domain, role } of this.#database.all(ROLES, row.id)) {
        append({ kind: 'role.removed', actor, customer: name, domain, role });
      }
      for (const { fingerprint, type } of this.#database.all(KEYS, row.id)) {
        append({ kind: 'key.removed', actor, customer: name, fingerprint, type });
      }
      append({ kind: 'customer.removed', actor, customer: name });
      this.#database.run(DELETE, row.id);
      return customer(row);
    });
  }

  /** Suspending a suspended customer changes nothing. */
  suspend(name: CustomerName, reason: string | null, actor: EventActor): Customer | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return noSuchCustomer(name);
      if (row.suspended_at !== null) return customer(row);
      const { at } = append({ kind: 'customer.suspended', actor, customer: name, reason });
      this.#database.run(SUSPEND, at, row.id);
      return { ...customer(row), suspendedAt: at };
    });
  }

  /** Resuming a customer who is not suspended changes nothing. */
  resume(name: CustomerName, actor: EventActor): Customer | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return noSuchCustomer(name);
      if (row.suspended_at === null) return customer(row);
      append({ kind: 'customer.resumed', actor, customer: name, reason: null });
      this.#database.run(SUSPEND, null, row.id);
      return { ...customer(row), suspendedAt: null };
    });
  }

  #taken(name: CustomerName): Refusal | null {
    if (this.#database.get(FIND, name) !== undefined)
      return refusal('name-reserved', `there is a customer ${name} already`);
    if (this.#database.get(DOMAIN_NAMED, name, name) === undefined) return null;
    return refusal('name-reserved', `${name} is the name of a domain: a customer needs another login name`);
  }
}

function customer(row: CustomerRow): Customer {
  const { name, since, named_at: namedAt, named_seq: namedSeq, suspended_at: suspendedAt } = row;
  return { name, since, namedAt: namedAt ?? since, namedSeq, suspendedAt };
}
