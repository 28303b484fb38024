import type { DomainName } from '../../../policy/names.js';
import type { Actor } from '../../wire/operation.js';
import type { LogFacts } from '../../wire/log.js';
import type { Logger } from '../../wire/logger.js';
import { SerialQueue } from '../../wire/serial-queue.js';
import type { LogDisk } from './log-disk.js';
import { LogFollowers } from './log-followers.js';
import type { LoggedBoot, MarkKind } from './log-mark.js';
import type { LogQuery } from './log-query.js';
import { rangeOf, spansOf } from './log-range.js';
import { bootSpans } from './log-search.js';
import { LogSegments } from './log-segments.js';
import type { Piece } from './log-segments.js';
import { logStream, once } from './log-stream.js';
import type { StreamedLog } from './log-stream.js';
import { LogSwitch } from './log-switch.js';
import { RateCap } from './rate-cap.js';
import { WaitingOutput } from './waiting-output.js';
import type { WriteBudget } from './write-budget.js';
import { isSameIncarnation } from '../toolstack/incarnation.js';
import type { Incarnation } from '../toolstack/incarnation.js';

export interface DomainLogParts {
  readonly name: DomainName;
  readonly folder: string;
  readonly disk: LogDisk;
  /** Bytes of all its files. */
  readonly limit: number;
  /** Bytes a second on average; a burst may be larger. */
  readonly rate: number;
  /** The present boot of the host. */
  readonly host: string;
  readonly writeBudget: WriteBudget;
  /** The folder is not touched before this settles. */
  readonly ready: Promise<unknown>;
  readonly logger: Logger;
  /** Called after a write, when the log may have grown. */
  readonly written: () => void;
}

/** The answer to a query. */
export interface LogAnswer {
  readonly facts: LogFacts;
  /** Raw. A followed log ends only when `signal` is aborted or the log is closed. */
  readonly bytes: (signal: AbortSignal) => AsyncIterable<Buffer>;
}

/** Output is written after this time, or when this much of it waits. */
const FLUSH_MS = 1_000;
const FLUSH_BYTES = 64 * 1024;
/** While somebody follows the log. */
const FOLLOWED_FLUSH_MS = 50;
/** From a failed write to the next try. */
const RETRY_MS = 5_000;
/** How long a query waits for the latest output to be written. */
const PATIENCE_MS = 1_000;

/**
 * One domain's console output, on the disk. It never makes the console wait: what the disk does not take in
 * time is dropped, with a mark at the gap.
 */
export class DomainLog {
  readonly #parts: DomainLogParts;
  readonly #segments: LogSegments;
  readonly #rate: RateCap;
  readonly #opened: Promise<void>;
  readonly #switch: LogSwitch;
  readonly #waiting: WaitingOutput;
  #boot: LoggedBoot | null = null;
  #failedAt: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #turns = new SerialQueue();
  #flushing = false;
  readonly #followers = new LogFollowers();
  #closed = false;
  readonly #stream: StreamedLog;

  constructor(parts: DomainLogParts) {
    this.#parts = parts;
    this.#segments = new LogSegments(parts.folder, parts.disk, parts.limit);
    this.#switch = new LogSwitch(parts.folder, parts.disk);
    this.#waiting = new WaitingOutput(parts.writeBudget);
    this.#rate = new RateCap(parts.rate, Math.min(4 * 1024 * 1024, parts.limit));
    this.#stream = {
      segments: this.#segments,
      followers: this.#followers,
      isClosed: () => this.#closed,
    };
    this.#opened = this.#turns.run(() => this.#open());
  }

  /** Bytes of its files, as far as it has been opened. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  /** Whether writes to the disk fail now. */
  get isFailing(): boolean {
    return this.#failedAt !== null;
  }

  /** False when the log is switched off. */
  get isKept(): boolean {
    return this.#switch.isOn;
  }

  /** The next output is this incarnation's. @param at milliseconds since the epoch */
  begins({ uuid, domid }: Incarnation, profile: string, at: number): void {
    this.#mark({ mark: 'boot', boot: { uuid, domid, host: this.#parts.host, began: at, profile } }, at);
  }

  /**
   * The profile of an incarnation became known. Ignored unless it is the incarnation whose console is open.
   */
  booted(incarnation: Incarnation, profile: string, at: number): void {
    const boot = this.#boot;
    if (boot === null || !isSameIncarnation(boot, incarnation) || boot.profile === profile) return;
    this.#mark({ mark: 'boot', boot: { ...boot, profile } }, at);
  }

  /** @param at milliseconds since the epoch */
  append(bytes: Buffer, at: number): void {
    if (!this.#switch.isOn || this.#closed || bytes.length === 0) return;
    const fits = this.#canWrite() ? this.#rate.take(bytes.length, performance.now()) : 0;
    this.#waiting.add(bytes, fits, at);
    this.#schedule();
  }

  /**
   * Switches the log off or on, for good.
   *
   * @returns false when it was so already @throws a disk error; then nothing has changed
   */
  async switch(keep: boolean, actor: Actor, at: number): Promise<boolean> {
    await this.#opened;
    if (keep === this.#switch.isOn) return false;
    await this.#turns.run(() => this.#switch.store(keep, actor, at));
    if (!keep) this.#mark({ mark: 'off' }, at);
    this.#switch.isOn = keep;
    if (!keep) return true;
    this.#mark({ mark: 'on' }, at);
    if (this.#boot !== null) this.#mark({ mark: 'boot', boot: this.#boot }, at);
    return true;
  }

  /** @throws a disk error */
  async answer(query: LogQuery): Promise<LogAnswer> {
    await this.#settled();
    const about = { keeping: this.#switch.isOn, switchedAt: this.#switch.at, place: 'disk' } as const;
    if (query.spans === true) {
      const spans = Buffer.from(JSON.stringify(await spansOf(this.#segments, query.since)));
      return { facts: { ...about, boot: null, page: null }, bytes: () => once(spans) };
    }
    const { from, to, facts } = await rangeOf(this.#segments, query);
    return {
      facts: { ...about, ...facts },
      bytes: (signal) => logStream(this.#stream, from, query.follow ? null : to, signal),
    };
  }

  /** Whether it has bytes of a boot with this UUID. @throws a disk error */
  async has(uuid: string): Promise<boolean> {
    await this.#settled();
    return (await bootSpans(this.#segments)).some(({ boot }) => boot.uuid === uuid);
  }

  /** Removes the oldest file. @returns whether there was one to spare */
  async dropOldest(): Promise<boolean> {
    return this.#turns.run(() => this.#segments.dropOldest());
  }

  /** Removes files last written before this time, milliseconds since the epoch. */
  async dropBefore(time: number): Promise<void> {
    await this.#turns.run(async () => {
      for (let first = this.#segments.all[0]; first !== undefined; first = this.#segments.all[0]) {
        if (first.size + first.indexSize === 0 || first.at === 0 || first.at >= time) return;
        await this.#segments.dropOldest(true);
      }
    });
  }

  /** Writes what waits, and accepts no more. Resolves soon even when the disk hangs; then followers end. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#noteDropped(Date.now());
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#settled();
    this.#followers.wake();
  }

  #canWrite(): boolean {
    return this.#failedAt === null || performance.now() - this.#failedAt >= RETRY_MS;
  }

  #mark(kind: MarkKind, at: number): void {
    if (kind.mark === 'boot') this.#boot = kind.boot;
    if (!this.#switch.isOn || this.#closed) return;
    this.#waiting.mark(kind, at);
    this.#schedule();
  }

  #noteDropped(at: number): void {
    if (this.#switch.isOn && !this.#closed) this.#waiting.noteDropped(at);
  }

  #schedule(): void {
    if (this.#flushing || this.#closed) return;
    if (this.#waiting.bytes >= FLUSH_BYTES) {
      void this.#flush();
      return;
    }
    this.#timer ??= setTimeout(
      () => {
        void this.#flush();
      },
      this.#followers.any ? FOLLOWED_FLUSH_MS : FLUSH_MS,
    ).unref();
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#flushing) return;
    this.#flushing = true;
    try {
      await this.#turns.run(() => this.#write());
    } catch (error) {
      // Nobody awaits this flush. Its output is queued or was dropped, and new
      // output is written all the same.
      this.#parts.logger.error({ domain: this.#parts.name, err: error }, 'console-log.fault');
    } finally {
      this.#flushing = false;
    }
    const { dropped, sinceDropped } = this.#waiting;
    if (dropped > 0 && sinceDropped >= FLUSH_MS && this.#canWrite()) this.#noteDropped(Date.now());
    if (!this.#waiting.isEmpty || this.#waiting.dropped > 0) this.#schedule();
  }

  async #write(): Promise<void> {
    const { pieces, bytes } = this.#waiting.take();
    const { name, logger } = this.#parts;
    try {
      if (pieces.length > 0) await this.#writeOrMend(pieces, bytes);
      if (this.#failedAt !== null && pieces.length > 0) {
        this.#failedAt = null;
        logger.info({ domain: name }, 'console-log.writable');
      }
    } catch (error) {
      if (this.#failedAt === null) logger.warn({ domain: name, err: error }, 'console-log.unwritable');
      this.#failedAt = performance.now();
    } finally {
      this.#waiting.release(bytes);
    }
    while (
      this.#segments.bytes > this.#parts.limit &&
      (await this.#segments.dropOldest().catch(() => false))
    );
    this.#followers.wake();
    this.#parts.written();
  }

  async #writeOrMend(pieces: readonly Piece[], bytes: number): Promise<void> {
    const before = this.#segments.end;
    try {
      await this.#segments.write(pieces);
    } catch (error) {
      await this.#segments.mend().catch(() => undefined);
      const noted = pieces.map((piece) => ('mark' in piece && piece.mark === 'dropped' ? piece.bytes : 0));
      const lost = Math.max(0, bytes - (this.#segments.end - before));
      this.#waiting.drop(noted.reduce((sum, each) => sum + each, lost));
      if (this.#boot !== null) this.#waiting.putFirst({ mark: 'boot', boot: this.#boot, at: Date.now() });
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { name, logger, ready } = this.#parts;
    try {
      await ready;
      const cut = await this.#segments.open();
      if (cut > 0) logger.warn({ domain: name, bytes: cut }, 'console-log.torn');
      await this.#switch.load();
      if (!this.#switch.isOn) this.#waiting.clear();
    } catch (error) {
      this.#failedAt = performance.now();
      logger.warn({ domain: name, err: error }, 'console-log.unreadable');
    }
  }

  /** Writes the output so far, if the disk does so in time. */
  async #settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([this.#opened.then(() => this.#turns.run(() => this.#write())), late]);
    clearTimeout(timer);
  }
}
