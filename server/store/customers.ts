import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { Role } from '../../policy/roles.js';
import type { EventActor } from './audit-actor.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { BY_HAND, byFile, declarer, keptByFile } from './editor.js';
import type { Editor } from './editor.js';
import type { Customer } from './records.js';

interface CustomerRow {
  readonly id: number;
  readonly name: CustomerName;
  readonly since: string;
  readonly named_at: string | null;
  readonly named_seq: number;
  readonly suspended_at: string | null;
  readonly suspended_by: string | null;
  readonly declared: string | null;
}

const SELECT =
  'SELECT id, name, since, named_at, named_seq, suspended_at, suspended_by, declared FROM customer';
const FIND = new Sql<CustomerRow>(`${SELECT} WHERE name = ?`);
const LIST = new Sql<CustomerRow>(`${SELECT} ORDER BY name`);
const INSERT = new Sql('INSERT INTO customer (name, since, named_seq, declared) VALUES (?, ?, ?, ?)');
const DELETE = new Sql('DELETE FROM customer WHERE id = ?');
const RENAME = new Sql(
  'UPDATE customer SET name = ?, named_at = ?, named_seq = ?, declared = NULL WHERE id = ?',
);
const RELEASE_KEYS = new Sql('UPDATE key SET declared = NULL WHERE customer = ?');
const RELEASE_ROLES = new Sql('UPDATE role SET declared = NULL WHERE customer = ?');
const SUSPEND = new Sql('UPDATE customer SET suspended_at = ?, suspended_by = ? WHERE id = ?');
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
  add(name: CustomerName, actor: EventActor, editor: Editor = BY_HAND): Customer | Refusal {
    return this.#log.transact((append) => {
      const taken = this.#taken(name);
      if (taken !== null) return taken;
      const { seq, at } = append({ kind: 'customer.added', actor, customer: name, ...byFile(editor) });
      const declared = declarer(editor);
      this.#database.run(INSERT, name, at, seq, declared);
      return {
        name,
        since: at,
        namedAt: at,
        namedSeq: seq,
        suspendedAt: null,
        suspendedBy: null,
        declared,
      };
    });
  }

  /**
   * Gives the customer another login name; keys, roles and preferences stay. Audit rows under the old name
   * stay there. Refused as a new customer's name is. No file declares the customer, the keys or the roles any more.
   */
  rename(
    name: CustomerName,
    to: CustomerName,
    actor: EventActor,
    editor: Editor = BY_HAND,
  ): Customer | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return noSuchCustomer(name);
      const no = keptByFile(name, row.declared, editor) ?? this.#taken(to);
      if (no !== null) return no;
      const { seq, at } = append({ kind: 'customer.renamed', actor, customer: name, to });
      this.#database.run(RENAME, to, at, seq, row.id);
      // Files have them under the former name: the next prune would remove them.
      this.#database.run(RELEASE_KEYS, row.id);
      this.#database.run(RELEASE_ROLES, row.id);
      return { ...customer(row), name: to, namedAt: at, namedSeq: seq, declared: null };
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
  remove(name: CustomerName, actor: EventActor, editor: Editor = BY_HAND): Customer | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return noSuchCustomer(name);
      const no = keptByFile(name, row.declared, editor);
      if (no !== null) return no;
      const by = byFile(editor);
      for (const { domain, role } of this.#database.all(ROLES, row.id)) {
        append({ kind: 'role.removed', actor, customer: name, domain, role, ...by });
      }
      for (const { fingerprint, type } of this.#database.all(KEYS, row.id)) {
        append({ kind: 'key.removed', actor, customer: name, fingerprint, type, ...by });
      }
      append({ kind: 'customer.removed', actor, customer: name, ...by });
      this.#database.run(DELETE, row.id);
      return customer(row);
    });
  }

  /**
   * Suspending a suspended customer changes nothing. A hand may suspend a declared customer too: then no file ends
   * it, not even one that had suspended them before.
   */
  suspend(
    name: CustomerName,
    reason: string | null,
    actor: EventActor,
    editor: Editor = BY_HAND,
  ): Customer | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return noSuchCustomer(name);
      const suspendedBy = declarer(editor);
      if (row.suspended_at !== null && (row.suspended_by === null || suspendedBy !== null))
        return customer(row);
      const { at } = append({ kind: 'customer.suspended', actor, customer: name, reason, ...byFile(editor) });
      this.#database.run(SUSPEND, at, suspendedBy, row.id);
      return { ...customer(row), suspendedAt: at, suspendedBy };
    });
  }

  /** Resuming a customer who is not suspended changes nothing. */
  resume(name: CustomerName, actor: EventActor, editor: Editor = BY_HAND): Customer | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, name);
      if (row === undefined) return noSuchCustomer(name);
      if (row.suspended_at === null) return customer(row);
      const no = keptByFile(`the suspension of ${name}`, row.suspended_by, editor);
      if (no !== null) return no;
      append({ kind: 'customer.resumed', actor, customer: name, reason: null, ...byFile(editor) });
      this.#database.run(SUSPEND, null, null, row.id);
      return { ...customer(row), suspendedAt: null, suspendedBy: null };
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
  const { name, since, named_at: namedAt, named_seq: namedSeq, declared } = row;
  const { suspended_at: suspendedAt, suspended_by: suspendedBy } = row;
  return { name, since, namedAt: namedAt ?? since, namedSeq, suspendedAt, suspendedBy, declared };
}
