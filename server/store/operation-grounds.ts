import type { KnownState } from '../../policy/conditions.js';
import type { AuthorityName, BootProfileName, CustomerName, DomainName } from '../../policy/names.js';
import { Sql } from './database.js';
import type { Database } from './database.js';

/** The certificate of a login, as it is kept. */
export interface StoredCertificate {
  /** The whole certificate, in base64. */
  readonly blob: string;
  /** The audit row that added the CA. */
  readonly authoritySeq: number;
  readonly authorityName: AuthorityName;
  /** The audit row that gave the customer the name. */
  readonly customerSeq: number;
  readonly confinedTo: DomainName | null;
}

/** What an operation rests on: it may begin only while all of it holds. */
export interface OperationGrounds {
  /** Whether a security key had verified its user at the login. */
  readonly verified: boolean;
  /** Null for a login by a registered key. */
  readonly certificate: StoredCertificate | null;
  /** When the customer's role began. ISO 8601. */
  readonly roleSince: string;
  /** When it was asked for, and what the domain did then: for the policy's conditions. */
  readonly asked: {
    /** ISO 8601. */
    readonly at: string;
    readonly state: KnownState | null;
    readonly booted: BootProfileName | null;
  };
  /** Whose keys it lets in; null: nobody's. */
  readonly seed: 'asker' | 'owners' | null;
  /** The keys that it would let in, each as `TYPE BASE64`. */
  readonly keys: readonly string[];
}

interface StoredGrounds {
  readonly operation: string;
  readonly customer: CustomerName;
  readonly body: string;
}

/** The grounds of one operation, with the customer's name as it is now. */
export interface KeptGrounds {
  readonly customer: CustomerName;
  readonly grounds: OperationGrounds;
}

const KEEP = new Sql(
  `INSERT INTO operation_grounds (operation, customer, body) SELECT ?, id, ? FROM customer WHERE name = ?
   ON CONFLICT DO UPDATE SET body = excluded.body`,
);
const ALL = new Sql<StoredGrounds>(
  `SELECT operation, customer.name AS customer, body
   FROM operation_grounds JOIN customer ON customer.id = operation_grounds.customer`,
);
const DROP = new Sql('DELETE FROM operation_grounds WHERE operation = ?');

/**
 * The grounds of the operations that wait on a host, for the gate that comes after this one. They go with their
 * customer: an operation without them has lost its right.
 */
export class GroundsOfOperations {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws AuditUnavailableError when they cannot be written: then nothing may be asked for */
  keep(operation: string, customer: CustomerName, grounds: OperationGrounds): void {
    this.#database.transaction(() => this.#database.run(KEEP, operation, JSON.stringify(grounds), customer));
  }

  /** By the id of the operation. */
  all(): ReadonlyMap<string, KeptGrounds> {
    const rows = this.#database.all(ALL);
    return new Map(
      rows.map(({ operation, customer, body }) => [
        operation,
        { customer, grounds: JSON.parse(body) as OperationGrounds },
      ]),
    );
  }

  /** Those of other operations stay. @throws AuditUnavailableError */
  drop(operation: string): void {
    this.#database.transaction(() => this.#database.run(DROP, operation));
  }
}
