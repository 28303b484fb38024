import { randomUUID } from 'node:crypto';
import type { CustomerName } from '../../policy/names.js';
import { AUDIT_COLUMNS, auditRow } from './audit-record.js';
import type { StoredAuditRow } from './audit-record.js';
import type { AuditEvent, AuditKind, AuditRow } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { LoginNetworks } from './login-networks.js';
import { noticeId } from './notice.js';
import type { NewNotice } from './notice.js';
import { NoticeMessages } from './notice-messages.js';

/** What reads the log for notices may ask and note, inside the transaction of its rows. */
export interface NoticeFacts {
  /** Notes it. @returns false when it was told before */
  tellOnce(what: string): boolean;
  /**
   * Notes a login. @param networkOf the network of an address; logins of the log count by it as well
   * @returns whether the customer has logged in before, and never from there
   */
  isNewNetwork(
    customer: CustomerName,
    source: string,
    row: Pick<AuditRow, 'seq' | 'at'>,
    networkOf: (source: string) => string,
  ): boolean;
}

/** So many notices of one receiver wait; more are counted together. */
const MOST_WAITING = { customer: 500, channel: 10_000 };
/** Rows of the audit log that are passed in one transaction. */
const ROWS_AT_ONCE = 500;
/** The cursor is written at least after so many rows without a notice. */
const PASSED = 1_000;
/** What was told once is told again after so long. Milliseconds. */
const TOLD_MS = 400 * 86_400_000;

const CURSOR = new Sql<{ seq: number }>('SELECT seq FROM notice_cursor WHERE id = 1');
const SET_CURSOR = new Sql(
  'INSERT INTO notice_cursor (id, seq) VALUES (1, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq',
);
const FORGET_CURSOR = new Sql('DELETE FROM notice_cursor WHERE id = 1');
const ROWS = new Sql<StoredAuditRow>(
  `SELECT ${AUDIT_COLUMNS} FROM audit WHERE seq > ? AND seq <= ? AND +kind IN (SELECT value FROM json_each(?)) ORDER BY seq`,
);
const OF_CUSTOMER = '(SELECT id FROM customer WHERE name = ?)';
const INSERT = new Sql(
  `INSERT INTO notice (id, channel, customer, address, kind, subject, seq, at, body, times)
   VALUES (?, ?, ${OF_CUSTOMER}, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING`,
);
const AGAIN = new Sql(
  `UPDATE notice SET times = times + 1, seq = ?, at = ?, body = ?
   WHERE channel = ? AND address = ? AND subject = ? AND message IS NULL AND customer IS ${OF_CUSTOMER}`,
);
const WAITING_AT = new Sql<{ n: number }>(
  `SELECT count(*) AS n FROM notice WHERE channel = ? AND address = ? AND message IS NULL AND customer IS ${OF_CUSTOMER}`,
);
const WAITS = `channel = ? AND address = ? AND message IS NULL AND customer = ${OF_CUSTOMER}`;
const DROP_WAITING = new Sql(`DELETE FROM notice WHERE ${WAITS}`);
const DROP_OTHERS = new Sql(`DELETE FROM notice WHERE ${WAITS} AND kind <> 'address'`);
const CHANNELS = new Sql<{ channel: string }>(
  `SELECT DISTINCT channel FROM notice WHERE message IS NULL
   UNION SELECT DISTINCT channel FROM notice_message WHERE state = 'waiting'`,
);
const DROP_CHANNEL = new Sql('DELETE FROM notice WHERE channel = ? AND message IS NULL');
const TELL = new Sql('INSERT INTO notice_told (what, at) VALUES (?, ?) ON CONFLICT DO NOTHING');
const WAS_TOLD = new Sql<{ what: string }>('SELECT what FROM notice_told WHERE what = ?');
const UNTELL = new Sql('DELETE FROM notice_told WHERE at < ?');

/**
 * The notices that wait for a message. The audit log is their queue: a cursor moves over it in the transaction that
 * makes notices of its rows, so that a kill neither loses one nor makes one twice. All methods but `add`, `drop` and
 * `dropOthers` are transactions and throw AuditUnavailableError.
 */
export class Notices {
  /** What notices are put into. */
  readonly messages: NoticeMessages;
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #clock: () => Date;
  readonly #networks: LoginNetworks;
  /** The cursor, which may be ahead of the stored one over rows without notices. */
  #passed: number | null = null;

  constructor(database: Database, log: AuditLog, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#clock = clock;
    this.#networks = new LoginNetworks(database);
    this.messages = new NoticeMessages(database, log, clock);
  }

  /** Begins after the log's last row when there was no cursor. Drops what waits for other channels than these. */
  begin(channels: readonly string[]): void {
    const head = this.#log.head().seq;
    this.#log.transact(() => {
      const seq = this.#database.get(CURSOR)?.seq ?? head;
      // Somebody may have cut rows off.
      this.#passed = Math.min(seq, head);
      this.#database.run(SET_CURSOR, this.#passed);
      for (const { channel } of this.#database.all(CHANNELS))
        if (!channels.includes(channel)) this.#drop(channel);
    });
  }

  /** Forgets the cursor and what waits: nobody is to be told. */
  end(): void {
    if (this.#database.get(CURSOR) === undefined) return;
    this.#log.transact(() => {
      this.#database.run(FORGET_CURSOR);
      for (const { channel } of this.#database.all(CHANNELS)) this.#drop(channel);
    });
  }

  /**
   * Makes notices of the next rows of these kinds.
   *
   * @param decide must not call the store's transactions
   * @returns whether there are more rows
   */
  derive(
    kinds: readonly AuditKind[],
    decide: (row: AuditRow, facts: NoticeFacts) => readonly NewNotice[],
  ): boolean {
    const head = this.#log.head().seq;
    const from = (this.#passed ??= this.#database.get(CURSOR)?.seq ?? head);
    if (head <= from) return false;
    const to = Math.min(head, from + ROWS_AT_ONCE);
    const rows = this.#database.all(ROWS, from, to, JSON.stringify(kinds));
    const stored = this.#database.get(CURSOR)?.seq ?? 0;
    if (rows.length > 0 || to - stored >= PASSED)
      this.#log.transact(() => {
        const counts = new Map<string, number>();
        for (const stored of rows) {
          const row = auditRow(stored);
          for (const notice of decide(row, this.#facts())) this.#put(notice, row, counts);
        }
        this.#database.run(SET_CURSOR, to);
      });
    this.#passed = to;
    return to < head;
  }

  /** Puts a notice into its channel inside the present transaction. */
  add(notice: NewNotice, row: Pick<AuditRow, 'seq' | 'at'>): void {
    this.#put(notice, row, new Map());
  }

  /** Records that a key or a role ends soon, once for each of its times and so many days. */
  expiring(event: Extract<AuditEvent, { kind: 'key.expiring' | 'role.expiring' }>): void {
    const { customer, expiresAt, days } = event;
    const which = event.kind === 'key.expiring' ? `key ${event.fingerprint}` : `role ${event.domain}`;
    const what = `${which} ${customer} ${expiresAt} ${days}`;
    if (this.#database.get(WAS_TOLD, what) !== undefined) return;
    this.#log.transact((append) => {
      if (this.#facts().tellOnce(what)) append(event);
    });
  }

  /** Drops what waits for the customer there and is in no message yet; inside the present transaction. */
  drop(channel: string, customer: CustomerName, address: string): void {
    this.#database.run(DROP_WAITING, channel, address, customer);
  }

  /** As `drop`, but what the notices themselves are told of stays. */
  dropOthers(channel: string, customer: CustomerName, address: string): void {
    this.#database.run(DROP_OTHERS, channel, address, customer);
  }

  /** Forgets messages that ended long ago, and what was told long ago. */
  prune(): void {
    this.#log.transact(() => {
      this.messages.prune();
      this.#database.run(UNTELL, new Date(this.#clock().getTime() - TOLD_MS).toISOString());
    });
  }

  #drop(channel: string): void {
    this.#database.run(DROP_CHANNEL, channel);
    this.messages.drop(channel);
  }

  #put(notice: NewNotice, { seq, at }: Pick<AuditRow, 'seq' | 'at'>, counts: Map<string, number>): void {
    const { channel, customer, address, kind, subject, body } = notice;
    const again = (about: string, text: string): boolean =>
      this.#database.run(AGAIN, seq, at, text, channel, address, about, customer) > 0;
    if (again(subject, JSON.stringify(body))) return;
    const receiver = `${channel} ${address} ${customer ?? ''}`;
    const count = counts.get(receiver) ?? this.#database.get(WAITING_AT, channel, address, customer)?.n ?? 0;
    counts.set(receiver, count + 1);
    const most = customer === null ? MOST_WAITING.channel : MOST_WAITING.customer;
    // No row of the log stands for a test.
    const what = kind === 'test' ? randomUUID() : seq;
    const whose = customer === null ? '' : ` ${customer}`;
    const id = noticeId(`${what} ${channel} ${address} ${kind} ${subject}${whose}`);
    if (count < most) {
      this.#database.run(
        INSERT,
        id,
        channel,
        customer,
        address,
        kind,
        subject,
        seq,
        at,
        JSON.stringify(body),
      );
      return;
    }
    const more = JSON.stringify({ text: 'More has happened than is listed.', customer: null, domain: null });
    if (!again('more', more))
      this.#database.run(INSERT, id, channel, customer, address, 'more', 'more', seq, at, more);
  }

  #facts(): NoticeFacts {
    return {
      tellOnce: (what) => this.#database.run(TELL, what, this.#clock().toISOString()) > 0,
      isNewNetwork: (...login) => this.#networks.isNew(...login),
    };
  }
}
