import type { Action } from '../../policy/actions.js';
import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import { sourceBucket } from '../../policy/network.js';
import type { Limit } from '../../policy/policy.js';
import type { AuditEvent, AuditRow } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { Holder, Holders } from './holders.js';
import type { Maintenance, MaintenanceRow } from './maintenance.js';
import type { RoleRow } from './records.js';
import type { Roles } from './roles.js';

function uses(column: 'customer' | 'domain' | 'source'): Sql<{ n: number }> {
  return new Sql<{ n: number }>(
    `SELECT count(*) AS n FROM audit AS intent
     WHERE ${column} = ? AND kind IN (SELECT value FROM json_each(?)) AND at >= ? AND at <= ? AND kind GLOB 'domain.*.requested'
       AND NOT EXISTS (SELECT 1 FROM audit WHERE operation = intent.operation AND kind = 'operation.ended'
                       AND record ->> '$.event.outcome' = 'refused')`,
  );
}

const USES = { customer: uses('customer'), domain: uses('domain'), source: uses('source') };

/** Later than any row. */
const NO_END = '9999';

/** Who wants something on what. */
export interface Question {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly domain: DomainName;
  /** The address that is asked from; null when it is not known, and no use is its then. */
  readonly source: string | null;
}

/** Which uses are counted. */
interface UseQuery {
  /** Those of this customer, those on this domain by anybody, or those from this source by anybody. */
  readonly per: Limit['per'];
  readonly actions: readonly Action[];
  readonly since: Date;
  /** Left out: to this day. */
  readonly until?: Date;
}

/** What is so at the moment of deciding. */
export interface Facts extends Holder {
  /** The row, whether or not it counts: look at `counts`. */
  readonly role: RoleRow | null;
  /** Null when it is not on. */
  readonly maintenance: MaintenanceRow | null;
  /** A reference that no denial has; asked for where one is recorded. */
  reference(): string;
  /** Counts recorded intents, without those whose outcome was `refused`. */
  count(query: UseQuery): number;
}

/** What was decided: what to record, and what to answer when that is recorded. */
export interface Settled<T> {
  /** Appended in this order. */
  readonly events: readonly AuditEvent[];
  /** Called after the commit, with the rows of `events`. */
  readonly value: (rows: readonly AuditRow[]) => T;
}

/** The parts of the store that decisions read besides. */
interface AuthorizationParts {
  readonly audit: AuditLog;
  readonly holders: Holders;
  readonly roles: Roles;
  readonly maintenance: Maintenance;
}

/** Where permission is decided and recorded in one transaction, so that two at once cannot both pass a limit of one. */
export class Authorizations {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #holders: Holders;
  readonly #roles: Roles;
  readonly #maintenance: Maintenance;

  constructor(database: Database, parts: AuthorizationParts) {
    this.#database = database;
    this.#log = parts.audit;
    this.#holders = parts.holders;
    this.#roles = parts.roles;
    this.#maintenance = parts.maintenance;
  }

  /**
   * @param decide pure but for `facts.count`; it may not call the store
   * @throws AuditUnavailableError when the log cannot be written; nothing has happened then
   */
  settle<T>(question: Question, decide: (facts: Facts) => Settled<T>): T {
    const { value, rows } = this.#log.transact((append) => {
      const settled = decide(this.look(question));
      return { value: settled.value, rows: settled.events.map((event) => append(event)) };
    });
    return value(rows);
  }

  /** What is so now, for who only wants to know: nothing that is done may rest on it. */
  look({ customer, fingerprint, domain, source }: Question): Facts {
    return {
      ...this.#holders.find(customer, fingerprint),
      role: this.#roles.find(customer, domain) ?? null,
      maintenance: this.#maintenance.get(),
      reference: () => this.#log.unusedReference(),
      count: ({ per, actions, since, until }) => {
        const kinds = JSON.stringify(actions.map((action) => `domain.${action}.requested`));
        const subjects = { customer, domain, source: source === null ? null : sourceBucket(source) };
        const end = until?.toISOString() ?? NO_END;
        return this.#database.get(USES[per], subjects[per], kinds, since.toISOString(), end)?.n ?? 0;
      },
    };
  }
}
