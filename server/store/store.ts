import { AuditLog } from './audit-log.js';
import { Authorities } from './authorities.js';
import { Authorizations } from './authorizations.js';
import { Customers } from './customers.js';
import { Database } from './database.js';
import type { DatabaseOptions } from './connection.js';
import { Declarations } from './declarations.js';
import { Domains } from './domains.js';
import { Holders } from './holders.js';
import { Imports } from './imports.js';
import { KeyUse } from './key-use.js';
import { Keys } from './keys.js';
import { Logins } from './logins.js';
import { Maintenance } from './maintenance.js';
import { NoticeAddresses } from './notice-addresses.js';
import { Notices } from './notices.js';
import { OldKeys } from './old-keys.js';
import { Parameters } from './parameters.js';
import { GroundsOfOperations } from './operation-grounds.js';
import { Preferences } from './preferences.js';
import { Roles } from './roles.js';
import { LastObservations } from './last-observations.js';

export interface StoreOptions extends DatabaseOptions {
  /** The clock for the times of rows; the machine's by default. */
  readonly clock?: () => Date;
}

/**
 * The database in the state directory: one per process. Every method of its parts is a whole transaction.
 * A change appends its audit event in the same transaction; when that cannot be written, the method
 * throws AuditUnavailableError.
 */
export class Store {
  readonly customers: Customers;
  readonly keys: Keys;
  readonly oldKeys: OldKeys;
  readonly keyUse: KeyUse;
  readonly authorities: Authorities;
  readonly roles: Roles;
  readonly domains: Domains;
  readonly lastObservations: LastObservations;
  readonly parameters: Parameters;
  readonly holders: Holders;
  readonly logins: Logins;
  readonly authorizations: Authorizations;
  readonly audit: AuditLog;
  readonly preferences: Preferences;
  readonly grounds: GroundsOfOperations;
  readonly imports: Imports;
  readonly declarations: Declarations;
  readonly maintenance: Maintenance;
  readonly notices: Notices;
  readonly noticeAddresses: NoticeAddresses;
  readonly #database: Database;

  /** Use `open`. */
  constructor(database: Database, clock: () => Date) {
    this.#database = database;
    this.audit = new AuditLog(database, clock);
    this.customers = new Customers(database, this.audit);
    this.keys = new Keys(database, this.audit, clock);
    this.oldKeys = new OldKeys(database, this.audit, this.keys, clock);
    this.keyUse = new KeyUse(database, this.audit, clock);
    this.authorities = new Authorities(database, this.audit);
    this.roles = new Roles(database, this.audit, clock);
    this.domains = new Domains(database, this.audit, clock);
    this.lastObservations = new LastObservations(database);
    this.parameters = new Parameters(database, this.audit);
    this.holders = new Holders(database, clock);
    this.logins = new Logins(database, clock);
    this.maintenance = new Maintenance(database, this.audit, clock);
    this.authorizations = new Authorizations(database, this);
    this.preferences = new Preferences(database);
    this.grounds = new GroundsOfOperations(database);
    this.imports = new Imports(database, this.audit, this);
    this.notices = new Notices(database, this.audit, clock);
    this.declarations = new Declarations(database, this.audit, this, clock);
    this.noticeAddresses = new NoticeAddresses(database, this.audit, this.notices, clock);
  }

  /**
   * Opens the file, and makes or migrates it. Its directory must be 0700 and the file 0600,
   * both of this process's user.
   *
   * @throws StoreError with one clear sentence
   */
  static open(file: string, options: StoreOptions = {}): Store {
    return new Store(Database.open(file, options), options.clock ?? (() => new Date()));
  }

  /**
   * Makes a consistent copy, mode 0600, while the store is in use.
   *
   * @throws StoreError when the file exists or cannot be made
   */
  backup(file: string): Promise<void> {
    this.audit.flush();
    return this.#database.backup(file);
  }

  /** Calling it twice is harmless. */
  close(): void {
    this.audit.flush();
    this.#database.close();
  }
}
