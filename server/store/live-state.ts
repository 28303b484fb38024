import type { Action } from '../../policy/actions.js';
import type { CustomerName, DomainName } from '../../policy/names.js';
import { sourceBucket } from '../../policy/network.js';
import type { Limit } from '../../policy/policy.js';
import { Database, Sql } from './database.js';

const SCHEMA = `
CREATE TABLE connection (
  place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, worker INTEGER NOT NULL, customer TEXT NOT NULL,
  idle INTEGER NOT NULL, about TEXT NOT NULL
) STRICT;
CREATE INDEX connection_customer ON connection (customer);
CREATE TABLE session (
  id TEXT PRIMARY KEY, connection TEXT NOT NULL, worker INTEGER NOT NULL, customer TEXT NOT NULL, about TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_customer ON session (customer);
CREATE TABLE attachment (
  operation TEXT PRIMARY KEY, worker INTEGER NOT NULL, customer TEXT NOT NULL, source TEXT NOT NULL,
  domain TEXT NOT NULL, action TEXT NOT NULL, until INTEGER, session TEXT, since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_customer ON attachment (customer);
CREATE INDEX attachment_domain ON attachment (domain);
CREATE INDEX attachment_source ON attachment (source);
CREATE INDEX attachment_until ON attachment (until) WHERE until IS NOT NULL;
CREATE TABLE allowance (
  kind TEXT NOT NULL, customer TEXT NOT NULL, left INTEGER NOT NULL, filled_at INTEGER NOT NULL,
  PRIMARY KEY (kind, customer)
) STRICT, WITHOUT ROWID;
`;

const OWN_CONNECTIONS = new Sql<{ id: string; worker: number; idle: 0 | 1 }>(
  'SELECT id, worker, idle FROM connection WHERE customer = ? ORDER BY place',
);
const CONNECT = new Sql('INSERT INTO connection (id, worker, customer, idle, about) VALUES (?, ?, ?, 1, ?)');
const DISCONNECT = new Sql('DELETE FROM connection WHERE id = ?');
const USE = new Sql('UPDATE connection SET idle = 0 WHERE id = ?');
const REST = new Sql('UPDATE connection SET idle = 1 WHERE id = ?');
const CONNECTIONS = new Sql<LiveRow>('SELECT id, worker, about FROM connection ORDER BY place');
const UNUSED = new Sql<LiveRow>(
  `SELECT id, worker, about FROM connection
   WHERE id NOT IN (SELECT connection FROM session) ORDER BY place`,
);
const COUNT_SESSIONS = new Sql<{ n: number }>('SELECT count(*) AS n FROM session WHERE customer = ?');
const OPEN = new Sql(
  'INSERT OR IGNORE INTO session (id, connection, worker, customer, about) VALUES (?, ?, ?, ?, ?)',
);
const CLOSE = new Sql('DELETE FROM session WHERE id = ?');
const SESSIONS = new Sql<LiveRow>('SELECT id, worker, about FROM session');
const ENTER = new Sql(
  'INSERT OR REPLACE INTO attachment (operation, worker, customer, source, domain, action, until, session, since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
);
const CHANGE = new Sql('UPDATE attachment SET action = ? WHERE operation = ?');
const LEAVE = new Sql('DELETE FROM attachment WHERE operation = ?');
const OUTDATED = new Sql('DELETE FROM attachment WHERE until IS NOT NULL AND until <= ?');
const COUNT = {
  customer: counting('customer'),
  domain: counting('domain'),
  source: counting('source'),
};
const ATTACHMENTS = new Sql<ListedAttachment>(
  'SELECT session, domain, action, since FROM attachment WHERE until IS NULL ORDER BY since',
);
const ENTERED = new Sql<{ action: Action; n: number }>(
  'SELECT action, count(*) AS n FROM attachment WHERE until IS NULL GROUP BY action',
);
/** As `TokenBucket`: one more after each interval, never more than the most. A value of JavaScript is a float. */
const EARNED = '(CAST(excluded.filled_at AS INTEGER) - filled_at) / CAST(? AS INTEGER)';
const SPEND = new Sql(
  `INSERT INTO allowance (kind, customer, left, filled_at) VALUES (?, ?, ?, ?)
   ON CONFLICT DO UPDATE SET
     left = min(excluded.left + 1, left + ${EARNED}) - 1,
     filled_at = filled_at + ${EARNED} * CAST(? AS INTEGER)
   WHERE min(excluded.left + 1, left + ${EARNED}) >= 1`,
);
const OF_WORKER = {
  connection: new Sql('DELETE FROM connection WHERE worker = ?'),
  session: new Sql('DELETE FROM session WHERE worker = ?'),
  attachment: new Sql('DELETE FROM attachment WHERE worker = ?'),
};

function counting(column: 'customer' | 'domain' | 'source'): Sql<{ n: number }> {
  return new Sql<{ n: number }>(
    `SELECT count(*) AS n FROM attachment
     WHERE ${column} = ? AND action IN (SELECT value FROM json_each(?)) AND (until IS NULL OR until > ?)`,
  );
}

/** Something of a process: a session or a connection, as that process describes it. */
export interface LiveRow {
  readonly id: string;
  /** The number of the process that has it. */
  readonly worker: number;
  /** JSON. */
  readonly about: string;
}

/** An attachment to a console, or the place of one. */
export interface LiveAttachmentRow {
  readonly operation: string;
  readonly customer: CustomerName;
  /** The customer's address. */
  readonly source: string;
  readonly domain: DomainName;
  readonly action: Action;
  readonly session?: string | null;
  /** Milliseconds since the epoch. */
  readonly since?: number;
}

/** An attachment that has entered, for admins. */
interface ListedAttachment extends Pick<LiveAttachmentRow, 'domain' | 'action'> {
  readonly session: string | null;
  readonly since: number;
}

/** A connection that may be closed to make room for another of its customer. */
type Spare = Pick<LiveRow, 'id' | 'worker'>;

/** The answer to a connection that wants a place. */
export type PlaceAnswer =
  | { readonly joined: true; readonly madeRoom: readonly Spare[] }
  | { readonly joined: false; readonly open: number };

/** Milliseconds of a clock that never goes back, the same for all processes. */
type Now = () => number;

/** How long a place is held for an attachment that was allowed. Milliseconds. */
const HELD_MS = 5_000;

/**
 * What the processes of one gate know of all its customers at this moment, in a file that lasts as long as the gate.
 * Each method is a whole transaction, so a limit holds over all processes. A process that is killed leaves rows, and
 * `forget` removes them.
 */
export class LiveState {
  readonly #database: Database;
  readonly #now: Now;

  /** Use `make` or `open`. */
  constructor(database: Database, now: Now) {
    this.#database = database;
    this.#now = now;
  }

  /** @throws StoreError when the file cannot be made */
  static make(file: string, now: Now = monotonic): LiveState {
    return new LiveState(Database.makeVolatile(file, SCHEMA), now);
  }

  /** Opens what another process made. */
  static open(file: string, now: Now = monotonic): LiveState {
    return new LiveState(Database.openVolatile(file), now);
  }

  /** Takes a place for a connection. Beyond `most`, connections without a session lose theirs, the oldest first. */
  connect(connection: LiveRow, customer: CustomerName, most: number): PlaceAnswer {
    return this.#database.transaction(() => {
      const own = this.#database.all(OWN_CONNECTIONS, customer);
      const madeRoom = spareOf(own, most);
      if (own.length - madeRoom.length >= most) return { joined: false, open: own.length };
      for (const { id } of madeRoom) this.#database.run(DISCONNECT, id);
      this.#database.run(CONNECT, connection.id, connection.worker, customer, connection.about);
      return { joined: true, madeRoom };
    });
  }

  /** As `connect`, and changes nothing. @returns how many are open when there is no place; null when there is */
  refusesConnection(customer: CustomerName, most: number): number | null {
    const own = this.#database.all(OWN_CONNECTIONS, customer);
    return own.length - spareOf(own, most).length >= most ? own.length : null;
  }

  /** Twice is harmless. */
  disconnect(id: string): void {
    this.#database.run(DISCONNECT, id);
  }

  /** Says that a session begins on it. @returns false when it has lost its place */
  use(id: string): boolean {
    return this.#database.run(USE, id) === 1;
  }

  /** Says that its last session has gone. */
  rest(id: string): void {
    this.#database.run(REST, id);
  }

  /** All connections, or those without a session. */
  connections({ unused = false } = {}): readonly LiveRow[] {
    return this.#database.all(unused ? UNUSED : CONNECTIONS);
  }

  countSessions(customer: CustomerName): number {
    return this.#database.get(COUNT_SESSIONS, customer)?.n ?? 0;
  }

  /** Takes a place for a session, unless `refuses` has a sentence for the number that is open. */
  openSession(
    session: LiveRow & { readonly connection: string },
    customer: CustomerName,
    refuses: (open: number) => string | null,
  ): string | null {
    return this.#database.transaction(() => {
      const no = refuses(this.countSessions(customer));
      if (no !== null) return no;
      const { id, connection, worker, about } = session;
      this.#database.run(OPEN, id, connection, worker, customer, about);
      return null;
    });
  }

  /** Twice is harmless. */
  closeSession(id: string): void {
    this.#database.run(CLOSE, id);
  }

  sessions(): readonly LiveRow[] {
    return this.#database.all(SESSIONS);
  }

  /** Holds the place of an attachment for some seconds, until it enters. */
  hold(attachment: LiveAttachmentRow, worker: number): void {
    this.#database.run(OUTDATED, this.#now());
    this.#put(attachment, worker, this.#now() + HELD_MS);
  }

  enter(attachment: LiveAttachmentRow, worker: number): void {
    this.#put(attachment, worker, null);
  }

  changeAction(operation: string, action: Action): void {
    this.#database.run(CHANGE, action, operation);
  }

  /** Twice is harmless. */
  leave(operation: string): void {
    this.#database.run(LEAVE, operation);
  }

  /** How many attachments of these actions there are. @param subject a customer, a domain, or an address */
  countAttachments(per: Limit['per'], subject: string, actions: readonly Action[]): number {
    const value = per === 'source' ? sourceBucket(subject) : subject;
    return this.#database.get(COUNT[per], value, JSON.stringify(actions), this.#now())?.n ?? 0;
  }

  /** How many attachments have entered, by their actions. */
  entered(): readonly { readonly action: Action; readonly n: number }[] {
    return this.#database.all(ENTERED);
  }

  /** All attachments that have entered, the oldest first. */
  attachments(): readonly ListedAttachment[] {
    return this.#database.all(ATTACHMENTS);
  }

  /**
   * Spends one of a customer's allowance, which grows again with time.
   *
   * @param kind what is allowed
   * @returns false when there is nothing to spend
   */
  spend(
    kind: string,
    customer: CustomerName,
    { most, refillMs }: { readonly most: number; readonly refillMs: number },
  ): boolean {
    const each = refillMs;
    return this.#database.run(SPEND, kind, customer, most - 1, this.#now(), each, each, each, each) === 1;
  }

  /** Removes all that a process had. @returns its sessions and connections */
  forget(worker: number): {
    readonly sessions: readonly LiveRow[];
    readonly connections: readonly LiveRow[];
  } {
    return this.#database.transaction(() => {
      const its = (row: LiveRow): boolean => row.worker === worker;
      const found = { sessions: this.sessions().filter(its), connections: this.connections().filter(its) };
      for (const sql of Object.values(OF_WORKER)) this.#database.run(sql, worker);
      return found;
    });
  }

  close(): void {
    this.#database.close();
  }

  #put(
    { operation, customer, source, domain, action, session = null, since = 0 }: LiveAttachmentRow,
    worker: number,
    until: number | null,
  ): void {
    const place = sourceBucket(source);
    this.#database.run(ENTER, operation, worker, customer, place, domain, action, until, session, since);
  }
}

function spareOf(
  own: readonly { readonly id: string; readonly worker: number; readonly idle: 0 | 1 }[],
  most: number,
): readonly Spare[] {
  return own
    .filter(({ idle }) => idle === 1)
    .slice(0, Math.max(0, own.length - most + 1))
    .map(({ id, worker }) => ({ id, worker }));
}

/** The machine's clock that never goes back, which all processes share. */
function monotonic(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
