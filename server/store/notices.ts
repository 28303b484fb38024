import { createHash, randomUUID } from 'node:crypto';
import type { NoticeKind } from '../../policy/notice-kinds.js';
import type { CustomerName } from '../../policy/names.js';
import { auditRow } from './audit-record.js';
import type { StoredAuditRow } from './audit-record.js';
import type { AuditEvent, AuditKind, AuditRow } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { LoginNetworks } from './login-networks.js';

/** A notice to one receiver. */
export interface NewNotice {
  /** The channel's name. */
  readonly channel: string;
  /** The customer who is told; null: an admin's channel. */
  readonly customer: CustomerName | null;
  /** Where a customer is told; empty for an admin's channel. */
  readonly address: string;
  readonly kind: NoticeKind | NoticeToOwner;
  /** Of notices with the same subject that wait for the same receiver, the last one stands for all. */
  readonly subject: string;
  readonly body: NoticeBody;
}

/** What only the customer is told, of the notices themselves. */
export type NoticeToOwner = 'address' | 'code' | 'test' | 'more';

export interface NoticeBody {
  /** One printable sentence. */
  readonly text: string;
  /** Whom it is about. */
  readonly customer: string | null;
  readonly domain: string | null;
}

/** A notice as it is sent. Its id stays the same over every attempt. */
export interface SentNotice extends NoticeBody {
  readonly id: string;
  /** The row of the audit log. */
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  /** How often it has happened since the last message. */
  readonly times: number;
}

/** For whom notices are: several customers may have the same address, and each is told for themselves. */
export interface NoticeReceiver {
  /** The row of the customer; null: an admin's channel. */
  readonly customer: number | null;
  /** Where a customer is told; empty for an admin's channel. */
  readonly address: string;
}

/** Notices that go to one receiver together. */
export interface NoticeMessage {
  /** The same for every attempt. */
  readonly id: string;
  readonly channel: string;
  /** Whom it is for; null: an admin's channel. */
  readonly customer: CustomerName | null;
  readonly address: string;
  readonly attempts: number;
  readonly madeAt: string;
  /** The first ones. */
  readonly notices: readonly SentNotice[];
  /** How many there are beyond them. */
  readonly more: number;
}

/** A message for an admin who looks. */
export interface MessageStatus {
  readonly id: string;
  readonly channel: string;
  readonly customer: CustomerName | null;
  readonly state: 'waiting' | 'sent' | 'failed';
  readonly notices: number;
  readonly madeAt: string;
  /** When it is tried next, or was to be. */
  readonly dueAt: string;
  readonly attempts: number;
  readonly endedAt: string | null;
  /** Why the last attempt failed. */
  readonly trouble: string | null;
}

/** What waits in one channel, and how it went. */
export interface ChannelCounts {
  /** Notices that are not sent yet. */
  readonly waiting: number;
  /** The beginning of the wait of the oldest message that was tried in vain; null: none waits so. */
  readonly stuckSince: string | null;
  /** Messages that were given up, as far as they are still kept. */
  readonly failed: number;
  readonly lastSentAt: string | null;
  readonly trouble: string | null;
}

/** More notices than these are not listed in one message, and only counted. */
export const MOST_LISTED = 100;
/** So many notices of one receiver wait; more are counted together. */
const MOST_WAITING = { customer: 500, channel: 10_000 };
/** Rows of the audit log that are passed in one transaction. */
const ROWS_AT_ONCE = 500;
/** The cursor is written at least after so many rows without a notice. */
const PASSED = 1_000;
/** Messages that have ended are kept for so long, and no more than so many. Milliseconds. */
const KEPT = { ms: 30 * 86_400_000, most: 2_000 };
/** What was told once is told again after so long. Milliseconds. */
const TOLD_MS = 400 * 86_400_000;

const COLUMNS = 'seq, at, kind, customer, domain, operation, source, record, prev, hash';
const CURSOR = new Sql<{ seq: number }>('SELECT seq FROM notice_cursor WHERE id = 1');
const SET_CURSOR = new Sql(
  'INSERT INTO notice_cursor (id, seq) VALUES (1, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq',
);
const FORGET_CURSOR = new Sql('DELETE FROM notice_cursor WHERE id = 1');
const ROWS = new Sql<StoredAuditRow>(
  `SELECT ${COLUMNS} FROM audit WHERE seq > ? AND seq <= ? AND +kind IN (SELECT value FROM json_each(?)) ORDER BY seq`,
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
const RECEIVERS = new Sql<NoticeReceiver>(
  `SELECT customer, address FROM notice WHERE channel = ? AND message IS NULL
   GROUP BY customer, address ORDER BY min(number)`,
);
const MAKE = new Sql(
  `INSERT INTO notice_message (id, channel, customer, address, state, notices, made_at, due_at, attempts)
   VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?, 0)`,
);
const FIRST_WAITING = new Sql<{ number: number; id: string }>(
  `SELECT number, id FROM notice
   WHERE channel = ? AND address = ? AND customer IS ? AND message IS NULL ORDER BY number LIMIT ?`,
);
const PUT_INTO = new Sql(
  `UPDATE notice SET message = ?
   WHERE channel = ? AND address = ? AND customer IS ? AND message IS NULL AND number <= ?`,
);
const OF_MESSAGE = new Sql<{
  id: string;
  seq: number;
  at: string;
  kind: string;
  body: string;
  times: number;
}>('SELECT id, seq, at, kind, body, times FROM notice WHERE message = ? ORDER BY number LIMIT ?');
const WAITING_MESSAGES = new Sql<{
  id: string;
  customer: CustomerName | null;
  address: string;
  attempts: number;
  made_at: string;
  due_at: string;
  notices: number;
}>(
  `SELECT notice_message.id, customer.name AS customer, address, attempts, made_at, due_at, notices
   FROM notice_message LEFT JOIN customer ON customer.id = notice_message.customer
   WHERE channel = ? AND state = 'waiting' ORDER BY due_at`,
);
const SENT_SINCE = new Sql<{ n: number }>(
  `SELECT count(*) AS n FROM notice_message
   WHERE channel = ? AND state = 'sent' AND address = ? AND ended_at > ? AND ended_at <= ?`,
);
const END = new Sql(
  `UPDATE notice_message SET state = ?, ended_at = ?, attempts = attempts + 1, trouble = ? WHERE id = ?`,
);
const LATER = new Sql(
  'UPDATE notice_message SET attempts = attempts + 1, due_at = ?, trouble = ? WHERE id = ?',
);
const TRIED = new Sql<{ attempts: number }>('SELECT attempts FROM notice_message WHERE id = ?');
const NOW = new Sql(`UPDATE notice_message SET due_at = ? WHERE channel = ? AND state = 'waiting'`);
const FORGET_CONTENT = new Sql('DELETE FROM notice WHERE message = ?');
const WAITS = `channel = ? AND address = ? AND message IS NULL AND customer = ${OF_CUSTOMER}`;
const DROP_WAITING = new Sql(`DELETE FROM notice WHERE ${WAITS}`);
const DROP_OTHERS = new Sql(`DELETE FROM notice WHERE ${WAITS} AND kind <> 'address'`);
const CHANNELS = new Sql<{ channel: string }>(
  `SELECT DISTINCT channel FROM notice WHERE message IS NULL
   UNION SELECT DISTINCT channel FROM notice_message WHERE state = 'waiting'`,
);
const DROP_CHANNEL = new Sql('DELETE FROM notice WHERE channel = ? AND message IS NULL');
const DROP_MESSAGES = new Sql(`DELETE FROM notice_message WHERE channel = ? AND state = 'waiting'`);
const WAITING_IN = new Sql<{ n: number }>(
  `SELECT (SELECT count(*) FROM notice WHERE channel = ? AND message IS NULL)
   + (SELECT coalesce(sum(notices), 0) FROM notice_message WHERE channel = ? AND state = 'waiting') AS n`,
);
const STUCK = new Sql<{ made_at: string | null; trouble: string | null }>(
  `SELECT min(made_at) AS made_at, trouble FROM notice_message
   WHERE channel = ? AND state = 'waiting' AND attempts > 0`,
);
const FAILED = new Sql<{ n: number }>(
  `SELECT count(*) AS n FROM notice_message WHERE channel = ? AND state = 'failed'`,
);
const LAST_SENT = new Sql<{ at: string | null }>(
  `SELECT max(ended_at) AS at FROM notice_message WHERE channel = ? AND state = 'sent'`,
);
const LIST = new Sql<{
  id: string;
  channel: string;
  customer: CustomerName | null;
  state: MessageStatus['state'];
  notices: number;
  made_at: string;
  due_at: string;
  attempts: number;
  ended_at: string | null;
  trouble: string | null;
}>(
  `SELECT notice_message.id, channel, customer.name AS customer, state, notices, made_at, due_at, attempts, ended_at, trouble
   FROM notice_message LEFT JOIN customer ON customer.id = notice_message.customer ORDER BY made_at DESC LIMIT ?`,
);
const OLD = new Sql(`DELETE FROM notice_message WHERE made_at < ? AND state <> 'waiting'`);
const BEYOND = new Sql<{ made_at: string }>(
  'SELECT made_at FROM notice_message ORDER BY made_at DESC LIMIT 1 OFFSET ?',
);
const TELL = new Sql('INSERT INTO notice_told (what, at) VALUES (?, ?) ON CONFLICT DO NOTHING');
const WAS_TOLD = new Sql<{ what: string }>('SELECT what FROM notice_told WHERE what = ?');
const UNTELL = new Sql('DELETE FROM notice_told WHERE at < ?');
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

/**
 * The notices that wait, and the messages that were sent. The audit log is their queue: a cursor moves over it in the
 * transaction that makes notices of its rows, so that a kill neither loses one nor makes one twice. All methods but
 * those that read are transactions and throw AuditUnavailableError.
 */
export class Notices {
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

  /** Messages of the channel that are to be sent, those that waited longest first. */
  waiting(
    channel: string,
  ): readonly { readonly id: string; readonly address: string; readonly dueAt: string }[] {
    return this.#database
      .all(WAITING_MESSAGES, channel)
      .map(({ id, address, due_at: dueAt }) => ({ id, address, dueAt }));
  }

  /** The receivers in the channel for whom notices are in no message yet, those that wait longest first. */
  receivers(channel: string): readonly NoticeReceiver[] {
    return this.#database.all(RECEIVERS, channel);
  }

  /** How many messages were sent to the address between two moments, for whomever. */
  sentBetween(channel: string, address: string, from: Date, to: Date): number {
    return this.#database.get(SENT_SINCE, channel, address, from.toISOString(), to.toISOString())?.n ?? 0;
  }

  /** Makes a message of the first notices for the receiver. It is due at once. */
  make(channel: string, { customer, address }: NoticeReceiver, most: number): void {
    this.#log.transact(() => {
      const taken = this.#database.all(FIRST_WAITING, channel, address, customer, most);
      const [first, last] = [taken[0], taken.at(-1)];
      if (first === undefined || last === undefined) return;
      // A notice has the id of an earlier one when somebody has cut rows off the log.
      const told = hash(`message ${first.id} ${taken.length}`);
      const isTaken = this.#database.get(TRIED, told) !== undefined;
      const id = isTaken ? hash(`${told} ${randomUUID()}`) : told;
      const now = this.#clock().toISOString();
      this.#database.run(MAKE, id, channel, customer, address, taken.length, now, now);
      this.#database.run(PUT_INTO, id, channel, address, customer, last.number);
    });
  }

  message(channel: string, id: string): NoticeMessage | undefined {
    const row = this.#database.all(WAITING_MESSAGES, channel).find((each) => each.id === id);
    if (row === undefined) return undefined;
    const notices = this.#database
      .all(OF_MESSAGE, id, MOST_LISTED)
      .map(({ body, ...notice }) => ({ ...notice, ...(JSON.parse(body) as NoticeBody) }));
    const { customer, address, attempts, made_at: madeAt } = row;
    return { id, channel, customer, address, attempts, madeAt, notices, more: row.notices - notices.length };
  }

  /**
   * It was sent, and its text is forgotten. After attempts in vain the channel works again, so what waits in it is due
   * now. A message that went at once says nothing of the others: their receivers may be the trouble.
   */
  sent(channel: string, id: string): void {
    this.#log.transact(() => {
      const now = this.#clock().toISOString();
      const isRecovery = (this.#database.get(TRIED, id)?.attempts ?? 0) > 0;
      this.#database.run(END, 'sent', now, null, id);
      if (isRecovery) this.#database.run(NOW, now, channel);
      this.#database.run(FORGET_CONTENT, id);
    });
  }

  /** Messages that wait in the channel are due now. */
  retryNow(channel: string): void {
    this.#log.transact(() => {
      this.#database.run(NOW, this.#clock().toISOString(), channel);
    });
  }

  /** It could not be sent. @param again when it is tried again; null: never */
  notSent(id: string, trouble: string, again: Date | null): void {
    this.#log.transact(() => {
      if (again !== null) this.#database.run(LATER, again.toISOString(), trouble, id);
      else {
        this.#database.run(END, 'failed', this.#clock().toISOString(), trouble, id);
        this.#database.run(FORGET_CONTENT, id);
      }
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

  counts(channel: string): ChannelCounts {
    const stuck = this.#database.get(STUCK, channel);
    return {
      waiting: this.#database.get(WAITING_IN, channel, channel)?.n ?? 0,
      stuckSince: stuck?.made_at ?? null,
      trouble: stuck?.trouble ?? null,
      failed: this.#database.get(FAILED, channel)?.n ?? 0,
      lastSentAt: this.#database.get(LAST_SENT, channel)?.at ?? null,
    };
  }

  /** The last messages, the newest first. */
  list(limit: number): readonly MessageStatus[] {
    return this.#database
      .all(LIST, limit)
      .map(({ made_at: madeAt, due_at: dueAt, ended_at: endedAt, ...row }) => ({
        ...row,
        madeAt,
        dueAt,
        endedAt,
      }));
  }

  /** Forgets messages that ended long ago. */
  prune(): void {
    const now = this.#clock().getTime();
    const beyond = this.#database.get(BEYOND, KEPT.most)?.made_at ?? '';
    const before = new Date(now - KEPT.ms).toISOString();
    this.#log.transact(() => {
      this.#database.run(OLD, beyond > before ? beyond : before);
      this.#database.run(UNTELL, new Date(now - TOLD_MS).toISOString());
    });
  }

  #drop(channel: string): void {
    this.#database.run(DROP_CHANNEL, channel);
    this.#database.run(DROP_MESSAGES, channel);
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
    const id = hash(`${what} ${channel} ${address} ${kind} ${subject}${whose}`);
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

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
