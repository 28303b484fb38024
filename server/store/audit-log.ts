import type { DomainName } from '../../policy/names.js';
import type { AuditEvent, AuditKind, AuditRow } from './audit-event.js';
import { lastBackup, refusalsSince } from './audit-figures.js';
import type { LastBackup, RefusalCounts } from './audit-figures.js';
import { AuditListeners } from './audit-listeners.js';
import { ASKER, AUDIT_COLUMNS, AUDIT_HEAD, auditRow, GENESIS, storedRow } from './audit-record.js';
import type { StoredAuditRow } from './audit-record.js';
import { auditTail } from './audit-tail.js';
import type { TailQuery } from './audit-tail.js';
import { AuditVerifier } from './audit-verifier.js';
import type { Mark, VerifyReport, Witness } from './audit-verifier.js';
import { AuditUnavailableError } from './store-error.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { DeferredWrites } from './deferred-writes.js';
import { OpenIntents } from './open-intents.js';
import { drawReference } from './reference.js';

const HIGHEST = new Sql<{ seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'audit'`);
const INSERT = new Sql(`INSERT INTO audit (${AUDIT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
const AT = new Sql<StoredAuditRow>(`SELECT ${AUDIT_COLUMNS} FROM audit WHERE seq = ?`);
const BY_REFERENCE = new Sql<StoredAuditRow>(
  `SELECT ${AUDIT_COLUMNS} FROM audit WHERE kind = 'domain.denied' AND record ->> '$.event.reference' = ?`,
);
const LAST_CRASH = new Sql<StoredAuditRow>(
  `SELECT ${AUDIT_COLUMNS} FROM audit WHERE kind = 'domain.crashed' AND domain = ? ORDER BY seq DESC LIMIT 1`,
);

/** Rolls `together` back, and carries its result out. */
class RolledBackError<T> extends Error {
  readonly result: T;

  constructor(result: T) {
    super('taken back');
    this.result = result;
  }
}

/** Adds an event to the present transaction. */
export type Append = (event: AuditEvent) => AuditRow;

/** The audit log: append-only, each row chained to the one before by its hash. */
export class AuditLog {
  readonly #database: Database;
  readonly #clock: () => Date;
  readonly #listeners: AuditListeners;
  readonly #intents: OpenIntents;
  /** The last row that this process has written. The file may hold less by now, if rows were cut off. */
  #written: Mark = { seq: 0, hash: GENESIS };
  /** The events of a running `together`. */
  #joined: AuditRow[] | undefined;
  readonly #deferred = new DeferredWrites<Append>((body) => {
    this.#transact(body);
  });

  constructor(database: Database, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
    this.#listeners = new AuditListeners(database);
    this.#intents = new OpenIntents(database);
  }

  /** @throws AuditUnavailableError when the log cannot be written; nothing has happened then */
  append(event: AuditEvent): AuditRow {
    return this.transact((append) => append(event));
  }

  /**
   * Appends the event at the end of this turn of the event loop, in one transaction with the others of the turn.
   * Whatever reads or writes the log before comes after it.
   *
   * @returns settles once the row is on the disk; rejects with AuditUnavailableError when it cannot be written
   */
  appendSoon(event: AuditEvent): Promise<void> {
    return this.soon((append) => append(event));
  }

  /** The same within 20 ms, together with what is written before then: for rows that nobody waits for. */
  appendLater(event: AuditEvent): Promise<void> {
    return this.later((append) => append(event));
  }

  /** As `appendSoon`, for any write. */
  soon(write: (append: Append) => unknown): Promise<void> {
    return this.#deferred.add(write);
  }

  /** As `appendLater`, for any write. */
  later(write: (append: Append) => unknown): Promise<void> {
    return this.#deferred.addLater(write);
  }

  /**
   * Writes at once what waits for the end of the turn. Inside a transaction it does nothing: what began to wait
   * there comes after the transaction, and has a transaction of its own.
   */
  flush(): void {
    if (!this.#database.isInTransaction) this.#deferred.flush();
  }

  /**
   * Runs one immediate transaction: its changes and events are kept or rolled back together. Listeners hear
   * of the events after the commit.
   *
   * @throws AuditUnavailableError when the log cannot be written; nothing has happened then
   */
  transact<T>(body: (append: Append) => T): T {
    if (this.#joined !== undefined) return body(this.#appendTo(this.#joined));
    this.flush();
    return this.#transact(body);
  }

  #transact<T>(body: (append: Append) => T): T {
    const rows: AuditRow[] = [];
    const result = this.#database.transaction(() => body(this.#appendTo(rows)));
    this.#announce(rows);
    return result;
  }

  /**
   * Joins several transactions into one: all calls to the store in the body are kept or rolled back together.
   *
   * @param keep whether to commit, by the result; otherwise all is rolled back, and no listener hears of it
   * @throws AuditUnavailableError when the log cannot be written; nothing has happened then
   */
  together<T>(body: () => T, keep: (result: T) => boolean): T {
    this.flush();
    const rows: AuditRow[] = [];
    try {
      const result = this.#database.transaction(() => {
        this.#joined = rows;
        try {
          const done = body();
          if (!keep(done)) throw new RolledBackError(done);
          return done;
        } finally {
          this.#joined = undefined;
        }
      });
      this.#announce(rows);
      return result;
    } catch (error) {
      if (error instanceof RolledBackError) return error.result as T;
      throw error;
    }
  }

  /** @returns rows, oldest first */
  tail(query: TailQuery = {}): AuditRow[] {
    this.flush();
    return auditTail(this.#database, query);
  }

  /** Why the log cannot be written now, tested by a write that changes nothing; null when it can. */
  trouble(): string | null {
    try {
      this.#database.touch();
      return null;
    } catch (error) {
      if (error instanceof AuditUnavailableError) return error.message;
      throw error;
    }
  }

  /** The last row's number and hash; 0 and zeros when there is none. */
  head(): { seq: number; hash: string } {
    this.flush();
    return this.#last();
  }

  at(seq: number): AuditRow | undefined {
    this.flush();
    const stored = this.#database.get(AT, seq);
    return stored === undefined ? undefined : auditRow(stored);
  }

  /** Whether there is an event of this kind about the operation. */
  has(operation: string, kind: AuditKind): boolean {
    this.flush();
    return this.#intents.has(operation, kind);
  }

  /** How often logins were refused since then, and requests for domains, by reason; the most frequent first. */
  refusals(since: Date): RefusalCounts {
    this.flush();
    return refusalsSince(this.#database, since);
  }

  /** When a backup was made last, and of whom; undefined when none was. */
  lastBackup(): LastBackup | undefined {
    return lastBackup(this.#database);
  }

  /** The last crash of the domain that is recorded; undefined when there is none. */
  lastCrash(domain: DomainName): Extract<AuditEvent, { kind: 'domain.crashed' }> | undefined {
    this.flush();
    const stored = this.#database.get(LAST_CRASH, domain);
    if (stored === undefined) return undefined;
    const { event } = auditRow(stored);
    return event.kind === 'domain.crashed' ? event : undefined;
  }

  /** The denial with this reference. */
  denial(reference: string): AuditRow | undefined {
    const stored = this.#database.get(BY_REFERENCE, reference);
    return stored === undefined ? undefined : auditRow(stored);
  }

  /** Draws an unused reference. It stays unused until the present transaction ends. */
  unusedReference(): string {
    let reference = drawReference();
    while (this.denial(reference) !== undefined) reference = drawReference();
    return reference;
  }

  /** Intents without an `operation.ended`, oldest first. */
  openIntents(): AuditRow[] {
    return this.#intents.rows();
  }

  /**
   * Calls the listener with each row after its commit, in order, in a microtask of its own: a listener's
   * fault cannot undo a write.
   *
   * @returns a function that unsubscribes
   */
  onAppend(listener: (row: AuditRow) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * From now on listeners hear of the rows of other processes too, in the order of their numbers. They do not hear how
   * customers of other processes come and go.
   *
   * @param tell called after this process has written something else: tell the others to `catchUp`
   */
  share(tell: () => void): void {
    this.#listeners.share(this.head().seq, tell);
  }

  /** Lets listeners hear of what other processes have written. Does nothing unless the log is shared. */
  catchUp(): void {
    this.#listeners.catchUp();
  }

  /** Records how an operation ended, unless that is recorded already. @throws AuditUnavailableError */
  appendEnd(event: Extract<AuditEvent, { kind: 'operation.ended' }>): void {
    this.transact((append) => {
      if (!this.#intents.has(event.operation, event.kind)) append(event);
    });
  }

  /** Reads the whole log at once. A process that serves others uses `verifier()` and its steps instead. */
  verify(witness: Iterable<Witness> = [], marks: Iterable<Mark> = []): VerifyReport {
    const verifier = this.verifier(witness, marks);
    while (!verifier.step()) continue;
    return verifier.report();
  }

  /**
   * @param witness what dom0's journal claims to have heard from this log
   * @param marks rows noted outside of the database; the last row that this process wrote is always checked
   */
  verifier(witness: Iterable<Witness> = [], marks: Iterable<Mark> = []): AuditVerifier {
    this.flush();
    return new AuditVerifier(this.#database, witness, [...marks, this.#written]);
  }

  #appendTo(rows: AuditRow[]): Append {
    return (event) => {
      const row = this.#insert(event);
      rows.push(row);
      return row;
    };
  }

  #insert(event: AuditEvent): AuditRow {
    const head = this.#last();
    // A number is never given twice, even when its row was cut off: so the hole can be found.
    const seq = Math.max(head.seq, this.#database.get(HIGHEST)?.seq ?? 0, this.#written.seq) + 1;
    const asker =
      event.kind === 'operation.ended' ? this.#database.get(ASKER, event.operation, seq) : undefined;
    const stored = storedRow(
      { seq, at: this.#clock().toISOString(), event },
      head.hash,
      asker?.customer ?? null,
    );
    const { at, kind, customer, domain, operation, source, record, prev, hash } = stored;
    this.#database.run(INSERT, seq, at, kind, customer, domain, operation, source, record, prev, hash);
    if (operation !== null) this.#intents.note(seq, kind, operation);
    return auditRow(stored);
  }

  #last(): { seq: number; hash: string } {
    return this.#database.get(AUDIT_HEAD) ?? { seq: 0, hash: GENESIS };
  }

  #announce(rows: readonly AuditRow[]): void {
    const last = rows.at(-1);
    if (last === undefined) return;
    this.#written = { seq: last.seq, hash: last.hash };
    this.#listeners.announce(rows, last);
  }
}
