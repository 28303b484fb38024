import { createHash } from 'node:crypto';
import { mailboxOf, maskedAddress } from '../../policy/mail-address.js';
import type { MailAddress } from '../../policy/mail-address.js';
import type { CustomerName } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-actor.js';
import type { AuditRow } from './audit-event.js';
import type { AuditLog } from './audit-log.js';
import { noSuchCustomer } from './customers.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type { Notices } from './notices.js';
import { drawReference } from './reference.js';

/** Where a customer is told what happens. */
export interface NoticeAddress {
  /** Null until one is confirmed. */
  readonly address: MailAddress | null;
  readonly on: boolean;
  /** One that waits for its code, and until when, ISO 8601; null: none. */
  readonly asked: { readonly address: MailAddress; readonly until: string } | null;
}

/** The channels of the customers: what happens, and the codes, which nothing may delay. */
export const CUSTOMER_CHANNELS = { notices: 'customers', codes: 'codes' } as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A code counts for so long. Milliseconds. */
const CODE_MS = HOUR_MS / 2;
const MOST_TRIES = 5;
/** Codes in a day: of a customer, to a mailbox whoever asks, and in all. */
const MOST_CODES = { customer: 5, mailbox: 3, all: 1_000 };

interface StoredAddress {
  readonly id: number;
  readonly address: MailAddress | null;
  readonly is_on: 0 | 1 | null;
  readonly asked: MailAddress | null;
  readonly code: string | null;
  readonly code_until: string | null;
  readonly tries: number | null;
}

const FIND = new Sql<StoredAddress>(
  `SELECT customer.id, address, is_on, asked, code, code_until, tries
   FROM customer LEFT JOIN notice_address ON notice_address.customer = customer.id WHERE customer.name = ?`,
);
const ASK = new Sql(
  `INSERT INTO notice_address (customer, is_on, asked, code, code_until, tries) VALUES (?, 0, ?, ?, ?, 0)
   ON CONFLICT DO UPDATE SET asked = excluded.asked, code = excluded.code, code_until = excluded.code_until, tries = 0`,
);
const TRIED = new Sql('UPDATE notice_address SET tries = tries + 1 WHERE customer = ?');
const FORGET_ASKED = new Sql(
  'UPDATE notice_address SET asked = NULL, code = NULL, code_until = NULL, tries = 0 WHERE customer = ?',
);
const CONFIRM = new Sql(
  `UPDATE notice_address SET address = asked, is_on = 1, asked = NULL, code = NULL, code_until = NULL, tries = 0
   WHERE customer = ?`,
);
const SWITCH = new Sql('UPDATE notice_address SET is_on = ? WHERE customer = ?');
const DELETE = new Sql('DELETE FROM notice_address WHERE customer = ?');
const CODES_OF = new Sql<{ n: number }>('SELECT count(*) AS n FROM notice_code WHERE customer = ?');
const CODES_TO = new Sql<{ n: number }>('SELECT count(*) AS n FROM notice_code WHERE mailbox = ?');
const CODES = new Sql<{ n: number }>(`SELECT count(*) AS n FROM notice_code WHERE at >= ''`);
const NOTE_CODE = new Sql('INSERT INTO notice_code (customer, mailbox, at) VALUES (?, ?, ?)');
const OLD_CODES = new Sql('DELETE FROM notice_code WHERE at < ?');
const FUTURE_CODES = new Sql('DELETE FROM notice_code WHERE at > ?');

/** Where customers are told what happens. An address gets nothing but codes before its code has come back. */
export class NoticeAddresses {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #notices: Notices;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, notices: Notices, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#notices = notices;
    this.#clock = clock;
  }

  find(customer: CustomerName): NoticeAddress {
    const row = this.#database.get(FIND, customer);
    const isAsked = row?.asked != null && row.code_until !== null && row.code_until > this.#now();
    return {
      address: row?.address ?? null,
      on: row?.is_on === 1,
      asked: isAsked ? { address: row.asked, until: row.code_until } : null,
    };
  }

  /**
   * Asks for the code of an address, which is sent to it. The present address stays until the code has come back.
   * Refused with `limit-reached`.
   *
   * @param site for the sentence of the mail
   */
  ask(
    customer: CustomerName,
    address: MailAddress,
    site: string,
    actor: EventActor,
  ): NoticeAddress | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, customer);
      if (row === undefined) return noSuchCustomer(customer);
      const now = this.#clock().getTime();
      const no = this.#tooManyCodes(row.id, address, now);
      if (no !== null) return no;
      const code = `${drawReference()}-${drawReference()}`;
      const until = new Date(now + CODE_MS).toISOString();
      this.#database.run(NOTE_CODE, row.id, mailboxOf(address), new Date(now).toISOString());
      this.#database.run(ASK, row.id, address, hashOf(code), until);
      const asked = append({
        kind: 'notice.address.asked',
        actor,
        customer,
        address: maskedAddress(address),
      });
      const { codes } = CUSTOMER_CHANNELS;
      this.#notices.drop(codes, customer, address);
      const text = `The code is ${code}. Somebody with the account ${customer} wants notices of ${site} at this address. If it was not you, do nothing: without the code no notices come.`;
      const body = { text, customer, domain: null };
      this.#notices.add({ channel: codes, customer, address, kind: 'code', subject: 'code', body }, asked);
      return this.find(customer);
    });
  }

  /** Takes the address whose code this is; the address before it is told. Refused with `usage`. */
  confirm(customer: CustomerName, code: string, actor: EventActor): NoticeAddress | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, customer);
      const { asked } = this.find(customer);
      if (row === undefined || asked === null)
        return refusal('wrong-state', 'There is no code to confirm, or its time is over. Ask for a new one.');
      if (hashOf(code) !== row.code) {
        if ((row.tries ?? 0) + 1 < MOST_TRIES) {
          this.#database.run(TRIED, row.id);
          return refusal('usage', 'This is not the code. Type it as it stands in the mail.');
        }
        this.#database.run(FORGET_ASKED, row.id);
        return refusal('limit-reached', 'This is not the code, and it was the last try. Ask for a new one.');
      }
      this.#database.run(CONFIRM, row.id);
      const masked = maskedAddress(asked.address);
      const set = append({ kind: 'notice.address.set', actor, customer, address: masked });
      if (row.address !== null && row.address !== asked.address)
        this.#tellFormer(
          customer,
          row.address,
          set,
          `Notices of the account ${customer} go to ${masked} now.`,
        );
      return this.find(customer);
    });
  }

  /** Switches notices on or off; the address is told when they end. Refused with `wrong-state` without an address. */
  switch(customer: CustomerName, on: boolean, actor: EventActor): NoticeAddress | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, customer);
      if (row?.address == null) return noAddress();
      if ((row.is_on === 1) === on) return this.find(customer);
      this.#database.run(SWITCH, Number(on), row.id);
      const switched = append({ kind: 'notice.switched', actor, customer, on });
      if (!on)
        this.#tellFormer(customer, row.address, switched, `Notices of the account ${customer} are off now.`);
      return this.find(customer);
    });
  }

  /**
   * Forgets the address, and one that waits for its code; the address is told. Refused with `wrong-state` without one.
   */
  forget(customer: CustomerName, actor: EventActor): NoticeAddress | Refusal {
    return this.#log.transact((append) => {
      const row = this.#database.get(FIND, customer);
      if (row === undefined) return noSuchCustomer(customer);
      const address = row.address ?? row.asked;
      if (address === null) return noAddress();
      this.#database.run(DELETE, row.id);
      const removed = append({
        kind: 'notice.address.removed',
        actor,
        customer,
        address: maskedAddress(address),
      });
      if (row.asked !== null) this.#notices.drop(CUSTOMER_CHANNELS.codes, customer, row.asked);
      if (row.address !== null)
        this.#tellFormer(
          customer,
          row.address,
          removed,
          `Notices of the account ${customer} are off now, and this address is forgotten.`,
        );
      return this.find(customer);
    });
  }

  /** Sends a test to the address. Refused with `wrong-state` without an address that is on. */
  test(customer: CustomerName, site: string): Refusal | null {
    return this.#log.transact(() => {
      const { address, on } = this.find(customer);
      if (address === null || !on) return noAddress();
      const text = `This is a test of the notices of ${site}, which ${customer} asked for.`;
      const { seq } = this.#log.head();
      const body = { text, customer, domain: null };
      this.#notices.add(
        { channel: CUSTOMER_CHANNELS.notices, customer, address, kind: 'test', subject: 'test', body },
        { seq, at: this.#now() },
      );
      return null;
    });
  }

  /** What has happened until now is not sent there any more; that it ends there is. */
  #tellFormer(customer: CustomerName, address: MailAddress, row: AuditRow, text: string): void {
    const channel = CUSTOMER_CHANNELS.notices;
    this.#notices.dropOthers(channel, customer, address);
    const body = { text: `${text} If it was not you, ask us.`, customer, domain: null };
    this.#notices.add({ channel, customer, address, kind: 'address', subject: text, body }, row);
  }

  #tooManyCodes(id: number, address: MailAddress, now: number): Refusal | null {
    this.#database.run(OLD_CODES, new Date(now - DAY_MS).toISOString());
    // A clock that was set back must not shut anybody out for years.
    this.#database.run(FUTURE_CODES, new Date(now + HOUR_MS).toISOString());
    const of = this.#database.get(CODES_OF, id)?.n ?? 0;
    const to = this.#database.get(CODES_TO, mailboxOf(address))?.n ?? 0;
    const all = this.#database.get(CODES)?.n ?? 0;
    if (of < MOST_CODES.customer && to < MOST_CODES.mailbox && all < MOST_CODES.all) return null;
    return refusal('limit-reached', 'So many codes were sent today that this one must wait until tomorrow.');
  }

  #now(): string {
    return this.#clock().toISOString();
  }
}

function noAddress(): Refusal {
  return refusal('wrong-state', 'There is no address for notices yet: notify mail ADDRESS sets one.');
}

/** As people type it: capitals and blanks make no difference. */
function hashOf(code: string): string {
  const letters = code.toLowerCase().replace(/[^a-z]/g, '');
  return createHash('sha256').update(letters).digest('hex');
}
