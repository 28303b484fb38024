import type { NoticeMessage, NoticeMessages } from '../../store/notice-messages.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { Logger } from '../../wire/logger.js';
import type { NoticeChannel } from './notice-channel.js';

/** The first wait after an attempt that failed; each further one is twice as long, up to the longest. Milliseconds. */
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 3_600_000;
/** Then a message is given up: three days and a bit, by attempts, because clocks jump. */
const MOST_ATTEMPTS = 80;
const HOUR_MS = 3_600_000;
/** Messages that are made in one turn: each waits for the disk, and thousands may have receivers of their own. */
const MADE_AT_ONCE = 4;

interface LaneParts {
  readonly channel: NoticeChannel;
  readonly messages: Pick<
    NoticeMessages,
    'waiting' | 'receivers' | 'sentBetween' | 'make' | 'message' | 'sent' | 'notSent'
  >;
  readonly clock: () => Date;
  readonly log: Logger;
  /** From 0 to 1, so that many gates do not ask a receiver at the same moment. */
  readonly random?: () => number;
}

/** Sends the messages of one channel, one after the other. An address has one message on its way at a time. */
export class NoticeLane {
  readonly #parts: LaneParts;
  readonly #leave = new AbortController();
  #running: Promise<void> | null = null;
  /** What has happened and could not be written yet: until then nothing more is sent. */
  #unwritten: (() => void) | null = null;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  get channel(): NoticeChannel {
    return this.#parts.channel;
  }

  /** Sends what is due. While it does, another call does nothing more. */
  run(): Promise<void> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Ends an attempt that is under way; it is made again by the next gate. */
  async close(): Promise<void> {
    this.#leave.abort();
    await this.#running;
  }

  async #drain(): Promise<void> {
    const { channel, log } = this.#parts;
    try {
      while (!this.#leave.signal.aborted) {
        this.#unwritten?.();
        this.#unwritten = null;
        const due = this.#due() ?? this.#made();
        if (due === undefined) return;
        await this.#send(due);
      }
    } catch (fault) {
      // A disk that is full: nothing is lost, and the next run goes on.
      if (fault instanceof AuditUnavailableError) return;
      log.error({ err: fault, channel: channel.name }, 'notices.not-sent');
    }
  }

  /** Makes messages, and returns one that is due. */
  #made(): string | undefined {
    this.#makeMessages();
    return this.#due();
  }

  #makeMessages(): void {
    const { channel, messages, clock } = this.#parts;
    const { name, most, perHour } = channel;
    const receivers = messages.receivers(name);
    if (receivers.length === 0) return;
    const busy = new Set(messages.waiting(name).map(({ address }) => address));
    const now = clock();
    const hourAgo = new Date(now.getTime() - HOUR_MS);
    let made = 0;
    for (const receiver of receivers) {
      const { address } = receiver;
      if (busy.has(address)) continue;
      if (perHour !== null && messages.sentBetween(name, address, hourAgo, now) >= perHour) continue;
      messages.make(name, receiver, most);
      busy.add(address);
      made += 1;
      if (made === MADE_AT_ONCE) return;
    }
  }

  /** One whose time is further away than any wait was set by a clock that has been put back since. */
  #due(): string | undefined {
    const { channel, messages, clock } = this.#parts;
    const now = clock().getTime();
    return messages.waiting(channel.name).find(({ dueAt }) => {
      const rest = Date.parse(dueAt) - now;
      return rest <= 0 || rest > 2 * LONGEST_WAIT_MS;
    })?.id;
  }

  async #send(id: string): Promise<void> {
    const { channel, messages, clock, log, random = Math.random } = this.#parts;
    const message = messages.message(channel.name, id);
    if (message === undefined) return;
    const trouble = await this.#deliver(message);
    if (this.#leave.signal.aborted && trouble !== null) return;
    const about = { channel: channel.name, message: id };
    if (trouble === null) {
      this.#write(() => {
        messages.sent(channel.name, id);
      });
      return;
    }
    const isLast = message.attempts + 1 >= MOST_ATTEMPTS;
    const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(message.attempts, 20), LONGEST_WAIT_MS);
    const again = isLast ? null : new Date(clock().getTime() + wait * (0.9 + 0.1 * random()));
    if (isLast) log.error({ ...about, why: trouble }, 'notice.given-up');
    else if (message.attempts === 0) log.warn({ ...about, why: trouble }, 'notice.not-sent');
    this.#write(() => {
      messages.notSent(id, trouble, again);
    });
  }

  async #deliver(message: NoticeMessage): Promise<string | null> {
    try {
      return await this.#parts.channel.deliver(message, this.#leave.signal);
    } catch (fault) {
      this.#parts.log.error({ err: fault, channel: message.channel }, 'notice.channel-fault');
      return 'a fault in Postern: see its log';
    }
  }

  /** @throws AuditUnavailableError; then it is written before anything more is sent */
  #write(write: () => void): void {
    this.#unwritten = write;
    write();
    this.#unwritten = null;
  }
}
