import type { CustomerName, DomainName } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { Role } from '../../policy/roles.js';
import type { EventActor } from './audit-actor.js';
import type { AuditLog } from './audit-log.js';
import { noSuchCustomer } from './customers.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { BY_HAND, byFile, declarer, keptByFile } from './editor.js';
import type { Editor } from './editor.js';
import type { RoleRow } from './records.js';

interface StoredRole {
  readonly customer: CustomerName;
  readonly domain: DomainName;
  readonly role: Role;
  readonly since: string;
  readonly sinceSeq: number;
  readonly until: string | null;
  readonly declared: string | null;
  readonly counts: 0 | 1;
}

/**
 * Whether a row of `role`, joined with `domain`, counts: it must be younger than the domain's retirement, and its
 * time not over. Its value is the time of now.
 */
export const COUNTS =
  '((domain.retired_seq IS NULL OR role.since_seq > domain.retired_seq) AND (role.until IS NULL OR role.until > ?))';

const SELECT = `SELECT customer.name AS customer, role.domain, role.role, role.since, role.since_seq AS sinceSeq, role.until,
   role.declared, ${COUNTS} AS counts
   FROM role JOIN customer ON customer.id = role.customer LEFT JOIN domain ON domain.name = role.domain`;
const OF = new Sql<StoredRole>(`${SELECT} WHERE customer.name = ? ORDER BY role.domain`);
const ON = new Sql<StoredRole>(`${SELECT} WHERE role.domain = ? ORDER BY customer.name`);
const FIND = new Sql<StoredRole>(`${SELECT} WHERE customer.name = ? AND role.domain = ?`);

const CUSTOMER = new Sql<{ id: number; declared: string | null }>(
  'SELECT id, declared FROM customer WHERE name = ?',
);
const UPSERT = new Sql(
  `INSERT INTO role (customer, domain, role, since, since_seq, until, declared) VALUES (?, ?, ?, ?, ?, ?, ?)
   ON CONFLICT DO UPDATE SET role = excluded.role, since = excluded.since, since_seq = excluded.since_seq,
     until = excluded.until, declared = excluded.declared`,
);
const CHANGE = new Sql('UPDATE role SET role = ?, until = ?, declared = ? WHERE customer = ? AND domain = ?');
const OVER = new Sql<StoredRole>(`${SELECT} WHERE role.until <= ? ORDER BY role.until LIMIT ?`);
const ENDING = new Sql<StoredRole>(`${SELECT} WHERE role.until > ? AND role.until <= ? ORDER BY role.until`);
const DELETE = new Sql('DELETE FROM role WHERE customer = ? AND domain = ?');

/** The most roles that end in one transaction, so that nobody waits for long. */
const ENDS_AT_ONCE = 50;

/** The roles of customers on domains. */
export class Roles {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Gives the role, or changes it; a change keeps `since`. On a retired domain's name only this row
   * counts from now on. The domain need not have been seen yet. Refused with `name-reserved` when a
   * customer has the domain's name, and with `usage` when its time is over already.
   *
   * @param until when it ends by itself, ISO 8601; null: never; left out: as before, or never
   */
  add(
    customer: CustomerName,
    domain: DomainName,
    role: Role,
    actor: EventActor,
    until?: string | null,
    editor: Editor = BY_HAND,
  ): RoleRow | Refusal {
    const now = this.#now();
    if (typeof until === 'string' && until <= now)
      return refusal('usage', `the role would be over already: ${until} has passed`);
    return this.#log.transact((append) => {
      const owner = this.#database.get(CUSTOMER, customer);
      if (owner === undefined) return noSuchCustomer(customer);
      if (this.#database.get(CUSTOMER, domain) !== undefined) {
        return refusal(
          'name-reserved',
          `${domain} is a customer's login name: a domain of that name cannot be given to anybody`,
        );
      }
      const found = this.find(customer, domain);
      const no =
        keptByFile(`the role of ${customer} on ${domain}`, found?.declared ?? null, editor) ??
        (found === undefined ? keptByFile(customer, owner.declared, editor) : null);
      if (no !== null) return no;
      const declared = declarer(editor);
      const present = found?.counts === true ? found : undefined;
      const end = until === undefined ? (present?.until ?? null) : until;
      if (present?.role === role && present.until === end && present.declared === declared) return present;
      const ending = { ...(end === null ? {} : { until: end }), ...byFile(editor) };
      const { seq, at } = append({ kind: 'role.added', actor, customer, domain, role, ...ending });
      if (present !== undefined) {
        this.#database.run(CHANGE, role, end, declared, owner.id, domain);
        return { ...present, role, until: end, declared };
      }
      this.#database.run(UPSERT, owner.id, domain, role, at, seq, end, declared);
      return { customer, domain, role, since: at, sinceSeq: seq, until: end, declared, counts: true };
    });
  }

  /**
   * Removes roles whose time is over, some at a time. They count for nothing already.
   *
   * @returns those that were removed
   */
  removeOver(): readonly RoleRow[] {
    const now = this.#now();
    if (this.#over(now).length === 0) return [];
    return this.#log.transact((append) => {
      const over = this.#over(now);
      for (const { customer, domain, role } of over) {
        append({ kind: 'role.removed', actor: null, customer, domain, role });
        this.#database.run(DELETE, this.#database.get(CUSTOMER, customer)?.id ?? 0, domain);
      }
      return over;
    });
  }

  /** Refused with `no-role` when there is none to remove. */
  remove(
    customer: CustomerName,
    domain: DomainName,
    actor: EventActor,
    editor: Editor = BY_HAND,
  ): RoleRow | Refusal {
    return this.#log.transact((append) => {
      const owner = this.#database.get(CUSTOMER, customer);
      if (owner === undefined) return noSuchCustomer(customer);
      const present = this.find(customer, domain);
      if (present === undefined) return refusal('no-such-role', `${customer} has no role on ${domain}`);
      const no = keptByFile(`the role of ${customer} on ${domain}`, present.declared, editor);
      if (no !== null) return no;
      append({ kind: 'role.removed', actor, customer, domain, role: present.role, ...byFile(editor) });
      this.#database.run(DELETE, owner.id, domain);
      return present;
    });
  }

  /** All rows of a customer, also those that do not count. */
  of(customer: CustomerName): RoleRow[] {
    return this.#database.all(OF, this.#now(), customer).map(roleRow);
  }

  /** All rows on a domain, also those that do not count. */
  on(domain: DomainName): RoleRow[] {
    return this.#database.all(ON, this.#now(), domain).map(roleRow);
  }

  /** The row, even when it does not count. */
  find(customer: CustomerName, domain: DomainName): RoleRow | undefined {
    const row = this.#database.get(FIND, this.#now(), customer, domain);
    return row === undefined ? undefined : roleRow(row);
  }

  /** The roles that count and end by themselves until then, the next one first. */
  endingUntil(until: Date): readonly RoleRow[] {
    const now = this.#now();
    return this.#database
      .all(ENDING, now, now, until.toISOString())
      .map(roleRow)
      .filter(({ counts }) => counts);
  }

  /** Whether its time is over. */
  isOver({ until }: Pick<RoleRow, 'until'>): boolean {
    return until !== null && until <= this.#now();
  }

  #over(now: string): readonly RoleRow[] {
    return this.#database.all(OVER, now, now, ENDS_AT_ONCE).map(roleRow);
  }

  #now(): string {
    return this.#clock().toISOString();
  }
}

function roleRow(row: StoredRole): RoleRow {
  return { ...row, counts: row.counts === 1 };
}
