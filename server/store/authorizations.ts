import type { Action } from '../../policy/actions.js';
import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import { sourceBucket } from '../../policy/network.js';
import type { Limit } from '../../policy/policy.js';
import type { AuditEvent, AuditRow } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { CertifiedLogin, Holder, Holders } from './holders.js';
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

/** A time after every row's. */
const NO_END = '9999';

/** Who wants to act on which domain. */
export interface Question {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  /** Set when they logged in by a certificate. */
  readonly certified?: CertifiedLogin;
  readonly domain: DomainName;
  /** The source address; null when unknown. Without one no use is counted per source. */
  readonly source: string | null;
}

/** The uses to count. */
interface UseQuery {
  /** Uses by this customer, on this domain by anybody, or from this source by anybody. */
  readonly per: Limit['per'];
  readonly actions: readonly Action[];
  readonly since: Date;
  /** Without it, up to now. */
  readonly until?: Date;
}

/** The facts at the moment of the decision. */
export interface Facts extends Holder {
  /** The role row, even when it does not count: check `counts`. */
  readonly role: RoleRow | null;
  /** Null when there is no maintenance. */
  readonly maintenance: MaintenanceRow | null;
  /** Draws a reference that no denial has; called only where a denial is recorded. */
  reference(): string;
  /** Counts recorded intents, except those whose outcome was `refused`. */
  count(query: UseQuery): number;
}

/** A decision: the events to record, and the answer once they are recorded. */
export interface Settled<T> {
  /** Appended in this order. */
  readonly events: readonly AuditEvent[];
  /** Called after the commit, with the rows of `events`. */
  readonly value: (rows: readonly AuditRow[]) => T;
}

/** The other parts of the store that decisions read. */
interface AuthorizationParts {
  readonly audit: AuditLog;
  readonly holders: Holders;
  readonly roles: Roles;
  readonly maintenance: Maintenance;
}

/**
 * Decides permission and records the decision in one transaction, so that two at once cannot
 * both pass a limit of one.
 */
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
   * @param decide must be pure but for calls to `facts`; it must not call the store
   * @throws AuditUnavailableError when the log cannot be written; nothing has happened then
   */
  settle<T>(question: Question, decide: (facts: Facts) => Settled<T>): T {
    const { value, rows } = this.#log.transact((append) => {
      const settled = decide(this.look(question));
      return { value: settled.value, rows: settled.events.map((event) => append(event)) };
    });
    return value(rows);
  }

  /** The present facts, for information only: no action may rest on them. */
  look({ customer, fingerprint, certified, domain, source }: Question): Facts {
    return {
      ...this.#holders.find(customer, fingerprint, certified),
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
