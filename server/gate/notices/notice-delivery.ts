import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NoticeKind } from '../../../policy/notice-kinds.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { AuditRow } from '../../store/audit-event.js';
import type { NewNotice } from '../../store/notice.js';
import type { ChannelCounts, MessageStatus } from '../../store/notice-messages.js';
import type { NoticeFacts, Notices } from '../../store/notices.js';
import type { RoleRow } from '../../store/records.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { Logger } from '../../wire/logger.js';
import type { NoticeChannel } from './notice-channel.js';
import type { NoticeAddresses } from '../../store/notice-addresses.js';
import type { NoticeRights } from './notice-rights.js';
import { NoticeLane } from './notice-lane.js';
import { noticedOf, NOTICED } from './notice-of-row.js';
import type { Noticed } from './notice-of-row.js';

/** How often it looks for new rows of the log and for messages that are due. Milliseconds. */
const EVERY_MS = 1_000;
const HOURLY_MS = 3_600_000;

/** A channel and what admins can know of it. */
export interface NoticeChannelStatus extends ChannelCounts {
  readonly name: string;
  readonly type: NoticeChannel['type'];
}

export interface NoticeStatus {
  readonly channels: readonly NoticeChannelStatus[];
  readonly messages: readonly MessageStatus[];
}

interface DeliveryParts {
  readonly notices: Notices;
  readonly roles: { on(domain: DomainName): readonly RoleRow[] };
  /** The admin's channels, each with the kinds of notices that it is for. */
  readonly channels: readonly { readonly channel: NoticeChannel; readonly kinds: readonly NoticeKind[] }[];
  /** The customers' channels, and who may be told by them; null: customers are told nothing. */
  readonly customers: {
    readonly notices: NoticeChannel;
    readonly codes: NoticeChannel;
    readonly rights: Pick<NoticeRights, 'of' | 'mayHearOfAny' | 'isOpen'>;
    readonly addresses: Pick<NoticeAddresses, 'find'>;
  } | null;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly random?: () => number;
  /** Records what expires soon, until `isOver`; called every hour. */
  readonly lookForExpiry: (isOver: () => boolean) => Promise<void>;
}

/**
 * Makes notices of the audit log and sends them. One process of a gate does it. Nobody waits for it: it reads the log
 * after the fact, and each channel is sent to by itself.
 */
export class NoticeDelivery {
  readonly #parts: DeliveryParts;
  readonly #lanes: readonly NoticeLane[];
  #timer: NodeJS.Timeout | null = null;
  #deriving: Promise<void> | null = null;
  #isBegun = false;
  #isClosed = false;
  /** When it was done last what is done every hour. Monotonic, milliseconds. */
  #hourlyAt = -Infinity;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    const { notices, clock, log, random } = parts;
    const { customers } = parts;
    const channels = [
      ...parts.channels.map(({ channel }) => channel),
      ...(customers === null ? [] : [customers.notices, customers.codes]),
    ];
    this.#lanes = channels.map(
      (channel) =>
        new NoticeLane({
          channel,
          messages: notices.messages,
          clock,
          log,
          ...(random === undefined ? {} : { random }),
        }),
    );
  }

  /** Begins to look. Without any channel it forgets what is left of earlier settings. */
  start(): void {
    if (this.#lanes.length === 0) {
      this.#try(() => {
        this.#parts.notices.end();
      });
      return;
    }
    const tick = new FaultGuard(this.#parts.log).on('notices', () => {
      void this.tick();
    });
    this.#timer = setInterval(tick, EVERY_MS).unref();
    tick();
  }

  /** Makes notices of what is new and sends what is due. @returns settles when all of it was tried */
  async tick(): Promise<void> {
    this.#deriving ??= this.#derive().finally(() => {
      this.#deriving = null;
    });
    await this.#deriving;
    if (!this.#isClosed) await Promise.all(this.#lanes.map((lane) => lane.run()));
  }

  /** Sends one message by a channel at once, beside those that wait. @returns null when the receiver has it */
  async test(name: string): Promise<Refusal | null> {
    const found = this.#parts.channels.find(({ channel }) => channel.name === name)?.channel;
    if (found === undefined) return this.#noSuchChannel(name);
    const at = this.#parts.clock().toISOString();
    const id = `test-${randomUUID()}`;
    const text = `This is a test of the channel ${name}, which an administrator asked for.`;
    const notice = { id, seq: 0, at, kind: 'test', times: 1, text, customer: null, domain: null };
    const message = {
      id,
      channel: name,
      customer: null,
      address: '',
      attempts: 0,
      madeAt: at,
      notices: [notice],
      more: 0,
    };
    const trouble = await found.deliver(message, new AbortController().signal);
    if (trouble !== null) return refusal('toolstack-failed', `the channel ${name} does not work: ${trouble}`);
    this.#parts.notices.messages.retryNow(name);
    return null;
  }

  status(limit: number): NoticeStatus {
    const { notices } = this.#parts;
    return { channels: this.counts(), messages: notices.messages.list(limit) };
  }

  counts(): readonly NoticeChannelStatus[] {
    return this.#lanes.map(({ channel: { name, type } }) => ({
      name,
      type,
      ...this.#parts.notices.messages.counts(name),
    }));
  }

  /** What is being sent is ended, and sent again by the next gate. Twice is harmless. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#deriving;
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  async #derive(): Promise<void> {
    const { notices, log } = this.#parts;
    try {
      if (!this.#isBegun) notices.begin(this.#lanes.map(({ channel }) => channel.name));
      this.#isBegun = true;
      if (performance.now() - this.#hourlyAt >= HOURLY_MS) {
        this.#hourlyAt = performance.now();
        notices.prune();
        await this.#parts.lookForExpiry(() => this.#isClosed);
      }
      while (!this.#isClosed && notices.derive(NOTICED, (row, facts) => this.#noticesOf(row, facts)))
        // Let customers be served between two pieces of a long log.
        await nextTurn();
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) log.error({ err: fault }, 'notices.not-made');
    }
  }

  #noticesOf(row: AuditRow, facts: NoticeFacts): readonly NewNotice[] {
    return noticedOf(row, facts).flatMap((noticed) => [
      ...this.#forAdmins(noticed),
      ...this.#forCustomers(noticed, row.seq),
    ]);
  }

  #forAdmins(noticed: Noticed): readonly NewNotice[] {
    const { kind, subject, customer, domain, not } = noticed;
    if (not !== null && domain !== null && !this.#hasOthers(domain, not)) return [];
    const body = { text: noticed.text(null), customer, domain };
    return this.#parts.channels
      .filter(({ kinds }) => kinds.includes(kind))
      .map(({ channel }) => ({ channel: channel.name, customer: null, address: '', kind, subject, body }));
  }

  #forCustomers(noticed: Noticed, seq: number): readonly NewNotice[] {
    const { customers } = this.#parts;
    if (customers === null) return [];
    const { kind, subject, customer, domain, account, holders, not } = noticed;
    const { rights, addresses, notices } = customers;
    const told = new Set(holders && domain !== null ? rights.of(domain, seq) : []);
    // Somebody who has lost the last role hears of that, and of nothing more.
    if (account !== null && rights.isOpen(account, seq) && (kind === 'role' || rights.mayHearOfAny(account)))
      told.add(account);
    return [...told].flatMap((reader): NewNotice[] => {
      if (reader === not) return [];
      const { address, on } = addresses.find(reader);
      if (address === null || !on) return [];
      const body = { text: noticed.text(reader), customer, domain };
      return [{ channel: notices.name, customer: reader, address, kind, subject, body }];
    });
  }

  #hasOthers(domain: DomainName, customer: CustomerName): boolean {
    return this.#parts.roles.on(domain).some((row) => row.counts && row.customer !== customer);
  }

  #noSuchChannel(name: string): Refusal {
    const known = this.#parts.channels.map(({ channel }) => channel.name).join(', ');
    return refusal(
      'no-such-channel',
      known === ''
        ? `there is no channel ${name}: gate.yaml has none under notices`
        : `there is no channel ${name}: gate.yaml has ${known}`,
    );
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
    }
  }
}
