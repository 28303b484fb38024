import type { AuthorityName, CustomerName, Fingerprint } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-actor.js';
import type { AuditEvent } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { noSuchCustomer } from './customers.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { BY_HAND, byFile, declarer, keptByFile } from './editor.js';
import type { Editor } from './editor.js';
import type { Authority, AuthorityScope } from './records.js';

interface AuthorityRow {
  readonly name: AuthorityName;
  readonly fingerprint: Fingerprint;
  readonly type: string;
  readonly blob: Buffer;
  readonly added_at: string;
  readonly since_seq: number;
  readonly everybody: 0 | 1;
  readonly sole: 0 | 1;
  readonly declared: string | null;
  /** JSON lists. */
  readonly customers: string;
  readonly groups: string;
}

const COLUMNS = `name, fingerprint, type, blob, added_at, since_seq, everybody, sole, declared,
  (SELECT json_group_array(customer.name ORDER BY customer.name) FROM authority_customer
   JOIN customer ON customer.id = authority_customer.customer WHERE authority_customer.authority = authority.name) AS customers,
  (SELECT json_group_array(authority_group.name ORDER BY authority_group.name) FROM authority_group
   WHERE authority_group.authority = authority.name) AS groups`;
const LIST = new Sql<AuthorityRow>(`SELECT ${COLUMNS} FROM authority ORDER BY name`);
const NAMED = new Sql<AuthorityRow>(`SELECT ${COLUMNS} FROM authority WHERE name = ?`);
const BY_KEY = new Sql<AuthorityRow>(`SELECT ${COLUMNS} FROM authority WHERE fingerprint = ?`);
const CUSTOMER = new Sql<{ id: number }>('SELECT id FROM customer WHERE name = ?');
const INSERT = new Sql(
  `INSERT INTO authority (name, fingerprint, type, blob, added_at, since_seq, everybody, sole, declared)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
);
const ADD_CUSTOMER = new Sql('INSERT INTO authority_customer (authority, customer) VALUES (?, ?)');
const ADD_GROUP = new Sql('INSERT INTO authority_group (authority, name) VALUES (?, ?)');
const DELETE = new Sql('DELETE FROM authority WHERE name = ?');

/** The most CAs that there may be: a page of `postern ca list`. */
const MOST = 100;

/** The data needed to add a CA. */
export type NewAuthority = Pick<Authority, 'name' | 'fingerprint' | 'type' | 'blob'> & AuthorityScope;

/** The CAs whose certificates let customers in, each for some of them. */
export class Authorities {
  readonly #database: Database;
  readonly #log: AuditLog;

  constructor(database: Database, log: AuditLog) {
    this.#database = database;
    this.#log = log;
  }

  /** Sorted by name. */
  list(): Authority[] {
    return this.#database.all(LIST).map(authorityOf);
  }

  /** The CA with this key. */
  find(fingerprint: Fingerprint): Authority | null {
    const row = this.#database.get(BY_KEY, fingerprint);
    return row === undefined ? null : authorityOf(row);
  }

  /** Refused when name or key is there already, and when a customer is not known. */
  add(authority: NewAuthority, actor: EventActor, editor: Editor = BY_HAND): Authority | Refusal {
    const { name, fingerprint, type, blob, everybody } = authority;
    const customers = [...new Set(authority.customers)].sort();
    const groups = [...new Set(authority.groups)].sort();
    return this.#log.transact((append) => {
      const same = this.#database.get(NAMED, name) ?? this.#database.get(BY_KEY, fingerprint);
      if (same !== undefined) return exists(same.name, fingerprint);
      if (this.#database.all(LIST).length >= MOST)
        return refusal('too-many', `there are ${MOST} CAs already, which is the most: remove one first`);
      const ids: number[] = [];
      for (const customer of customers) {
        const found = this.#database.get(CUSTOMER, customer);
        if (found === undefined) return noSuchCustomer(customer);
        ids.push(found.id);
      }
      const sole = !everybody && groups.length === 0 && ids.length === 1;
      const scope = { everybody, customers, groups };
      const { at, seq } = append({
        kind: 'authority.added',
        actor,
        authority: fingerprint,
        name,
        type,
        ...scope,
        ...byFile(editor),
      });
      const declared = declarer(editor);
      const flags = [everybody ? 1 : 0, sole ? 1 : 0, declared];
      this.#database.run(INSERT, name, fingerprint, type, blob, at, seq, ...flags);
      for (const id of ids) this.#database.run(ADD_CUSTOMER, name, id);
      for (const group of groups) this.#database.run(ADD_GROUP, name, group);
      return { name, fingerprint, type, blob, addedAt: at, sinceSeq: seq, sole, declared, ...scope };
    });
  }

  /** Refused with `no-such-authority`. */
  remove(name: AuthorityName, actor: EventActor, editor: Editor = BY_HAND): Authority | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(NAMED, name);
      if (row === undefined)
        return refusal('no-such-authority', `there is no CA ${name}: see \`postern ca list\``);
      const found = authorityOf(row);
      const no = keptByFile(`the CA ${name}`, found.declared, editor);
      if (no !== null) return no;
      append({ ...removed(found, actor), ...byFile(editor) });
      this.#database.run(DELETE, name);
      return found;
    });
  }
}

function removed(
  { name, fingerprint, type, everybody, customers, groups }: Authority,
  actor: EventActor,
): Extract<AuditEvent, { kind: 'authority.added' | 'authority.removed' }> {
  return {
    kind: 'authority.removed',
    actor,
    authority: fingerprint,
    name,
    type,
    everybody,
    customers,
    groups,
  };
}

function authorityOf(row: AuthorityRow): Authority {
  const { name, fingerprint, type, blob, added_at: addedAt, since_seq: sinceSeq } = row;
  return {
    name,
    fingerprint,
    type,
    blob,
    addedAt,
    sinceSeq,
    sole: row.sole === 1,
    declared: row.declared,
    everybody: row.everybody === 1,
    customers: JSON.parse(row.customers) as CustomerName[],
    groups: JSON.parse(row.groups) as string[],
  };
}

function exists(name: AuthorityName, fingerprint: Fingerprint): Refusal {
  return refusal(
    'authority-exists',
    `there is a CA of this name or with this key already: ${name} (the key was ${fingerprint}); to change for whom it speaks, remove it and add it again`,
  );
}
