import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import { isRefusal, refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { Role } from '../../policy/roles.js';
import type { EventActor } from './audit-actor.js';
import type { AuditLog } from './audit-log.js';
import type { Customers } from './customers.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { Keys, NewKey } from './keys.js';
import type { Roles } from './roles.js';

/** A customer of another way to manage consoles. */
export interface ImportedCustomer {
  readonly customer: CustomerName;
  readonly keys: readonly Omit<NewKey, 'customer'>[];
  readonly roles: readonly { readonly domain: DomainName; readonly role: Role }[];
  /** An admin has said that the existing customer of this name, with other keys, is the same one. */
  readonly same: boolean;
}

/**
 * The result for one key or role. `removed`: it existed once and was taken away, so it is not given again.
 * `other`: there is another role. `retired`: there is a role from before the name was given up.
 */
type Imported = 'added' | 'there' | 'removed' | 'other' | 'retired';

export interface ImportOutcome {
  readonly customer: CustomerName;
  readonly state: 'added' | 'there';
  readonly keys: readonly { readonly fingerprint: Fingerprint; readonly state: Imported }[];
  readonly roles: readonly { readonly domain: DomainName; readonly role: Role; readonly state: Imported }[];
}

export interface ImportResult {
  /** Whether it was written. */
  readonly applied: boolean;
  readonly customers: readonly ImportOutcome[];
  /** If this is not empty, nothing was written. */
  readonly refused: readonly { readonly customer: CustomerName; readonly sentence: string }[];
}

interface ImportOptions {
  /** False: do it and roll it back, to see the result. */
  readonly apply: boolean;
  /** How many keys a customer may have. */
  readonly maxKeys: (customer: CustomerName) => number;
}

/** The history of a removed customer of the same name says nothing about the present one. */
const SINCE_REMOVED = `seq > coalesce((SELECT max(seq) FROM audit WHERE customer = ? AND kind IN ('customer.removed', 'customer.renamed')), 0)`;
/** SQLite uses the index of these rows only when its condition stands in the query as it does there. */
const KEY_EVENT = `kind IN ('key.added', 'key.removed')`;
const KEY_REMOVED = new Sql<{ seq: number }>(
  `SELECT seq FROM audit WHERE customer = ? AND ${SINCE_REMOVED} AND ${KEY_EVENT} AND kind = 'key.removed'
   AND record ->> '$.event.fingerprint' = ? LIMIT 1`,
);
const ROLE_REMOVED = new Sql<{ seq: number }>(
  `SELECT seq FROM audit WHERE customer = ? AND ${SINCE_REMOVED} AND kind = 'role.removed' AND domain = ? LIMIT 1`,
);
const NAME_GIVEN_UP = new Sql<{ to: CustomerName | null }>(
  `SELECT record ->> '$.event.to' AS "to" FROM audit
   WHERE customer = ? AND kind IN ('customer.removed', 'customer.renamed') ORDER BY seq DESC LIMIT 1`,
);
/** All renamings, oldest first. */
export const RENAMED = new Sql<{ name: CustomerName; to: CustomerName }>(
  `SELECT customer AS name, record ->> '$.event.to' AS "to" FROM audit INDEXED BY audit_name_given_up
   WHERE kind IN ('customer.removed', 'customer.renamed') AND kind = 'customer.renamed' ORDER BY seq`,
);
const KEY_EVER_REMOVED = new Sql<{ seq: number }>(
  `SELECT seq FROM audit WHERE customer = ? AND ${KEY_EVENT} AND kind = 'key.removed' AND record ->> '$.event.fingerprint' = ? LIMIT 1`,
);
const ROLE_EVER_REMOVED = new Sql<{ seq: number }>(
  `SELECT seq FROM audit WHERE customer = ? AND kind = 'role.removed' AND domain = ? LIMIT 1`,
);

/**
 * Takes over customers from elsewhere, all or none. Existing rows stay as they are, and rows that
 * were once removed stay away.
 */
export class Imports {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #parts: { readonly customers: Customers; readonly keys: Keys; readonly roles: Roles };
  #renamed: readonly { readonly name: CustomerName; readonly to: CustomerName }[] = [];

  constructor(
    database: Database,
    log: AuditLog,
    parts: { readonly customers: Customers; readonly keys: Keys; readonly roles: Roles },
  ) {
    this.#database = database;
    this.#log = log;
    this.#parts = parts;
  }

  /** One transaction: after a single refusal nothing is written. */
  run(wanted: readonly ImportedCustomer[], actor: EventActor, options: ImportOptions): ImportResult {
    return this.#log.together(
      () => {
        this.#renamed = this.#database.all(RENAMED);
        const customers: ImportOutcome[] = [];
        const refused: { customer: CustomerName; sentence: string }[] = [];
        for (const one of wanted) {
          const outcome = this.#one(one, actor, options.maxKeys(one.customer));
          if (isRefusal(outcome))
            refused.push({ customer: one.customer, sentence: `${one.customer}: ${outcome.message}` });
          else customers.push(outcome);
        }
        return { applied: options.apply && refused.length === 0, customers, refused };
      },
      ({ applied }) => applied,
    );
  }

  #one(wanted: ImportedCustomer, actor: EventActor, maxKeys: number): ImportOutcome | Refusal {
    const { customer } = wanted;
    const there = this.#parts.customers.find(customer) !== undefined;
    const problem = there ? this.#another(wanted) : this.#removed(wanted);
    if (problem !== null) return problem;
    if (!there) {
      const added = this.#parts.customers.add(customer, actor);
      if (isRefusal(added)) return added;
    }
    const keys: ImportOutcome['keys'][number][] = [];
    for (const key of wanted.keys) {
      const state = this.#key({ ...key, customer }, actor, maxKeys);
      if (isRefusal(state)) return state;
      keys.push({ fingerprint: key.fingerprint, state });
    }
    const roles: ImportOutcome['roles'][number][] = [];
    for (const { domain, role } of wanted.roles) {
      const state = this.#role(customer, domain, role, actor);
      if (isRefusal(state)) return state;
      roles.push({ domain, role, state });
    }
    return { customer, state: there ? 'there' : 'added', keys, roles };
  }

  /** Two hosts may each have a bob. A customer is the same one when they have, or had, one of the keys. */
  #another({ customer, keys, same }: ImportedCustomer): Refusal | null {
    if (same) return null;
    const held = new Set(this.#parts.keys.list(customer).map(({ fingerprint }) => fingerprint));
    const known = keys.some(
      ({ fingerprint }) => held.has(fingerprint) || this.#keyRemoved(customer, fingerprint),
    );
    if (known) return null;
    return refusal(
      'name-reserved',
      `there is a customer of this name already, who has none of these keys: if it is the same person say --same ${customer}, otherwise --rename ${customer}=OTHER`,
    );
  }

  #removed({ customer, same }: ImportedCustomer): Refusal | null {
    const givenUp = same ? undefined : this.#database.get(NAME_GIVEN_UP, customer);
    if (givenUp === undefined) return null;
    return refusal(
      'name-reserved',
      givenUp.to === null
        ? `this customer was removed: if they are to come back say --same ${customer}`
        : `this customer is called ${givenUp.to} now: say --rename ${customer}=${givenUp.to}, or --same ${customer} for somebody new`,
    );
  }

  #key(key: NewKey, actor: EventActor, maxKeys: number): Imported | Refusal {
    const held = this.#parts.keys.list(key.customer);
    if (held.some(({ fingerprint }) => fingerprint === key.fingerprint)) return 'there';
    if (this.#keyRemoved(key.customer, key.fingerprint)) return 'removed';
    const added = this.#parts.keys.add(key, actor, maxKeys);
    return isRefusal(added) ? added : 'added';
  }

  #keyRemoved(customer: CustomerName, fingerprint: Fingerprint): boolean {
    return (
      this.#database.get(KEY_REMOVED, customer, customer, fingerprint) !== undefined ||
      formerNames(this.#renamed, customer).some(
        (name) => this.#database.get(KEY_EVER_REMOVED, name, fingerprint) !== undefined,
      )
    );
  }

  #role(customer: CustomerName, domain: DomainName, role: Role, actor: EventActor): Imported | Refusal {
    const present = this.#parts.roles.find(customer, domain);
    if (present !== undefined) {
      if (!present.counts) return this.#parts.roles.isOver(present) ? 'removed' : 'retired';
      return present.role === role ? 'there' : 'other';
    }
    if (this.#roleRemoved(customer, domain)) return 'removed';
    const added = this.#parts.roles.add(customer, domain, role, actor);
    return isRefusal(added) ? added : 'added';
  }

  #roleRemoved(customer: CustomerName, domain: DomainName): boolean {
    return (
      this.#database.get(ROLE_REMOVED, customer, customer, domain) !== undefined ||
      formerNames(this.#renamed, customer).some(
        (name) => this.#database.get(ROLE_EVER_REMOVED, name, domain) !== undefined,
      )
    );
  }
}

/** The former names of a customer, the latest first. */
export function formerNames(
  renamed: readonly { readonly name: CustomerName; readonly to: CustomerName }[],
  customer: CustomerName,
): readonly CustomerName[] {
  const names: CustomerName[] = [];
  let at = customer;
  for (const { name, to } of [...renamed].reverse()) {
    if (to !== at) continue;
    names.push(name);
    at = name;
  }
  return names;
}
