import { randomUUID } from 'node:crypto';
import type { CustomerName } from '../../policy/names.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { noticeId } from './notice.js';
import type { NoticeBody } from './notice.js';

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
const MOST_LISTED = 100;
/** Messages that have ended are kept for so long, and no more than so many. Milliseconds. */
const KEPT = { ms: 30 * 86_400_000, most: 2_000 };

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

/**
 * The messages that notices are put into: those that wait to be sent, and those that were sent or given up. The methods
 * that write are transactions and throw AuditUnavailableError, unless they say that they are inside the present one.
 */
export class NoticeMessages {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#clock = clock;
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
      const told = noticeId(`message ${first.id} ${taken.length}`);
      const isTaken = this.#database.get(TRIED, told) !== undefined;
      const id = isTaken ? noticeId(`${told} ${randomUUID()}`) : told;
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

  /** Drops those that wait in the channel; inside the present transaction. */
  drop(channel: string): void {
    this.#database.run(DROP_MESSAGES, channel);
  }

  /** Forgets those that ended long ago; inside the present transaction. */
  prune(): void {
    const beyond = this.#database.get(BEYOND, KEPT.most)?.made_at ?? '';
    const before = new Date(this.#clock().getTime() - KEPT.ms).toISOString();
    this.#database.run(OLD, beyond > before ? beyond : before);
  }
}
