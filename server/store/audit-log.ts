import type { CustomerName, DomainName } from '../../policy/names.js';
import type { AuditEvent, AuditRow } from './audit-event.js';
import { ASKER, auditRow, GENESIS, storedRow } from './audit-record.js';
import type { StoredAuditRow } from './audit-record.js';
import { AuditVerifier } from './audit-verifier.js';
import type { Mark, VerifyReport, Witness } from './audit-verifier.js';
import { AuditUnavailableError } from './store-error.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { DeferredWrites } from './deferred-writes.js';
import { drawReference } from './reference.js';

const COLUMNS = 'seq, at, kind, customer, domain, operation, source, record, prev, hash';

const HEAD = new Sql<{ seq: number; hash: string }>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
const HIGHEST = new Sql<{ seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'audit'`);
const INSERT = new Sql(`INSERT INTO audit (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
const AT = new Sql<StoredAuditRow>(`SELECT ${COLUMNS} FROM audit WHERE seq = ?`);
const BY_REFERENCE = new Sql<StoredAuditRow>(
  `SELECT ${COLUMNS} FROM audit WHERE kind = 'domain.denied' AND record ->> '$.event.reference' = ?`,
);
const OPEN_INTENTS = new Sql<StoredAuditRow>(
  `SELECT ${COLUMNS} FROM audit WHERE seq IN (SELECT seq FROM open_intent) AND kind GLOB 'domain.*.requested'
   AND operation = (SELECT operation FROM open_intent WHERE open_intent.seq = audit.seq) ORDER BY seq`,
);
const BEGIN_INTENT = new Sql('INSERT OR REPLACE INTO open_intent (seq, operation) VALUES (?, ?)');
const END_INTENTS = new Sql('DELETE FROM open_intent WHERE operation = ?');

const LAST_BACKUP = new Sql<StoredAuditRow>(
  `SELECT ${COLUMNS} FROM audit WHERE kind = 'backup.made' ORDER BY seq DESC LIMIT 1`,
);
const LAST_CRASH = new Sql<StoredAuditRow>(
  `SELECT ${COLUMNS} FROM audit WHERE kind = 'domain.crashed' AND domain = ? ORDER BY seq DESC LIMIT 1`,
);
const REFUSALS = new Sql<{ kind: string; reason: string; times: number }>(
  `SELECT kind, coalesce(record ->> '$.event.reason', record ->> '$.event.code') AS reason, count(*) AS times
   FROM audit WHERE at >= ? AND kind IN ('login.refused', 'domain.denied')
   GROUP BY kind, reason ORDER BY times DESC, reason`,
);

/** Rows that take nobody's right and change nothing that is shown. They are many. */
const OF_COMING_AND_GOING: ReadonlySet<AuditEvent['kind']> = new Set([
  'login.accepted',
  'session.opened',
  'session.closed',
  'connection.closed',
]);
const ALL_BETWEEN = new Sql<StoredAuditRow>(
  `SELECT ${COLUMNS} FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq`,
);
const BETWEEN = new Sql<StoredAuditRow>(
  `SELECT ${COLUMNS} FROM audit WHERE seq > ? AND seq <= ?
   AND kind NOT IN (${[...OF_COMING_AND_GOING].map((kind) => `'${kind}'`).join(', ')}) ORDER BY seq`,
);
const OF_OPERATION = new Sql<{ seq: number }>(
  'SELECT seq FROM audit WHERE operation = ? AND kind = ? LIMIT 1',
);

/** The first rows since a time, by the clock of their time. It may have gone back, so the lowest number counts. */
const SINCE = new Sql<{ first: number | null; rows: number }>(
  'SELECT min(seq) AS first, count(*) AS rows FROM (SELECT seq FROM audit WHERE at >= ? ORDER BY at LIMIT ?)',
);
/** With so many rows since a time, the last ones of the log are soon among them. */
const MANY_SINCE = 10_000;

/** Selects rows of the log. All given conditions must hold. */
export interface TailQuery {
  /**
   * Only rows after this sequence number. With it the first `limit` rows are returned, without it the last.
   */
  readonly after?: number | undefined;
  /** The most rows; 500 when not given. */
  readonly limit?: number | undefined;
  /** Rows about what this customer did, or what was done to them. */
  readonly customer?: CustomerName | undefined;
  readonly domain?: DomainName | undefined;
  /** ISO 8601, UTC: only rows at or after this time. */
  readonly since?: string | undefined;
  /** Only this row and later ones; the last `limit` of them are returned. */
  readonly fromSeq?: number | undefined;
}

/** How often something was refused for one reason. */
export interface RefusalCount {
  /** As in the audit log: `key-expired`, `rate-limit`. */
  readonly reason: string;
  readonly times: number;
}

export interface RefusalCounts {
  readonly logins: readonly RefusalCount[];
  readonly requests: readonly RefusalCount[];
}

export interface LastBackup {
  /** ISO 8601. */
  readonly at: string;
  /** The admin's name for the file. */
  readonly file: string;
  readonly by: string;
}

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
  readonly #listeners = new Set<(row: AuditRow) => void>();
  /** The last row that this process has written. The file may hold less by now, if rows were cut off. */
  #written: Mark = { seq: 0, hash: GENESIS };
  /** Set when other processes write too: the last row that listeners have heard, and who is told of own ones. */
  #shared: { heard: number; readonly tell: () => void } | null = null;
  /** The events of a running `together`. */
  #joined: AuditRow[] | undefined;
  readonly #deferred = new DeferredWrites<Append>((body) => {
    this.#transact(body);
  });

  constructor(database: Database, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
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
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    const demand = (condition: string, value: string | number | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(value);
    };
    demand('seq > ?', query.after);
    demand('customer = ?', query.customer);
    demand('domain = ?', query.domain);
    // SQLite must not go by the time: it would read and sort all rows since then, for the last few.
    demand('+at >= ?', query.since);
    demand('seq >= ?', query.fromSeq);
    demand('seq >= ?', query.since === undefined ? undefined : this.#firstSince(query.since));
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const forward = query.after !== undefined;
    const text = `SELECT ${COLUMNS} FROM audit ${where} ORDER BY seq ${forward ? 'ASC' : 'DESC'} LIMIT ?`;
    const rows = this.#database
      .all(new Sql<StoredAuditRow>(text), ...values, query.limit ?? 500)
      .map(auditRow);
    return forward ? rows : rows.reverse();
  }

  /** The number of the first row since a time; undefined: there are many, so look from the end. */
  #firstSince(time: string): number | undefined {
    const { first, rows } = this.#database.get(SINCE, time, MANY_SINCE) ?? { first: null, rows: 0 };
    if (rows === MANY_SINCE) return undefined;
    return first ?? Number.MAX_SAFE_INTEGER;
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
  has(operation: string, kind: AuditEvent['kind']): boolean {
    this.flush();
    return this.#database.get(OF_OPERATION, operation, kind) !== undefined;
  }

  /** How often logins were refused since then, and requests for domains, by reason; the most frequent first. */
  refusals(since: Date): RefusalCounts {
    this.flush();
    const rows = this.#database.all(REFUSALS, since.toISOString());
    const of = (wanted: AuditEvent['kind']): readonly RefusalCount[] =>
      rows.flatMap(({ kind, reason, times }) => (kind === wanted ? [{ reason, times }] : []));
    return { logins: of('login.refused'), requests: of('domain.denied') };
  }

  /** When a backup was made last, and of whom; undefined when none was. */
  lastBackup(): LastBackup | undefined {
    const stored = this.#database.get(LAST_BACKUP);
    if (stored === undefined) return undefined;
    const { at, event } = auditRow(stored);
    if (event.kind !== 'backup.made') return undefined;
    const { actor, file } = event;
    return { at, file, by: 'admin' in actor ? actor.admin : actor.customer };
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
    return this.#database.all(OPEN_INTENTS).map(auditRow);
  }

  /**
   * Calls the listener with each row after its commit, in order, in a microtask of its own: a listener's
   * fault cannot undo a write.
   *
   * @returns a function that unsubscribes
   */
  onAppend(listener: (row: AuditRow) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * From now on listeners hear of the rows of other processes too, in the order of their numbers. They do not hear how
   * customers of other processes come and go.
   *
   * @param tell called after this process has written something else: tell the others to `catchUp`
   */
  share(tell: () => void): void {
    this.#shared = { heard: this.head().seq, tell };
  }

  /** Lets listeners hear of what other processes have written. Does nothing unless the log is shared. */
  catchUp(): void {
    this.#catchUp(BETWEEN);
  }

  #catchUp(rowsBetween: typeof BETWEEN): void {
    const shared = this.#shared;
    if (shared === null) return;
    const last = this.#database.get(HEAD)?.seq ?? 0;
    if (last <= shared.heard) return;
    const rows = this.#database.all(rowsBetween, shared.heard, last).map(auditRow);
    shared.heard = last;
    this.#tell(rows);
  }

  /** Records how an operation ended, unless that is recorded already. @throws AuditUnavailableError */
  appendEnd(event: Extract<AuditEvent, { kind: 'operation.ended' }>): void {
    this.transact((append) => {
      if (this.#database.get(OF_OPERATION, event.operation, event.kind) === undefined) append(event);
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
    if (operation !== null) this.#noteIntent(seq, kind, operation);
    return auditRow(stored);
  }

  /** An end that was recorded before its intent counts as well. Rows that somebody cut off may have left theirs. */
  #noteIntent(seq: number, kind: string, operation: string): void {
    if (kind === 'operation.ended') this.#database.run(END_INTENTS, operation);
    else if (isIntent(kind) && !this.has(operation, 'operation.ended'))
      this.#database.run(BEGIN_INTENT, seq, operation);
  }

  #last(): { seq: number; hash: string } {
    return this.#database.get(HEAD) ?? { seq: 0, hash: GENESIS };
  }

  #announce(rows: readonly AuditRow[]): void {
    const last = rows.at(-1);
    if (last === undefined) return;
    this.#written = { seq: last.seq, hash: last.hash };
    const shared = this.#shared;
    if (shared === null) {
      this.#tell(rows);
      return;
    }
    if (rows[0]?.seq === shared.heard + 1) {
      shared.heard = last.seq;
      this.#tell(rows);
    } else {
      // Its own are among them, of whatever kind.
      this.#catchUp(ALL_BETWEEN);
    }
    if (rows.some(({ event }) => !OF_COMING_AND_GOING.has(event.kind))) shared.tell();
  }

  #tell(rows: readonly AuditRow[]): void {
    for (const row of rows) {
      for (const listener of this.#listeners) {
        queueMicrotask(() => {
          if (this.#listeners.has(listener)) listener(row);
        });
      }
    }
  }
}

function isIntent(kind: string): boolean {
  return kind.startsWith('domain.') && kind.endsWith('.requested');
}
