import { join } from 'node:path';
import type { DomainName } from '../../../policy/names.js';
import type { Actor } from '../../wire/operation.js';
import type { LogFacts } from '../../wire/log.js';
import type { Logger } from '../../wire/logger.js';
import { SerialQueue } from '../../wire/serial-queue.js';
import type { LogDisk } from './log-disk.js';
import type { LoggedBoot, MarkKind } from './log-mark.js';
import type { LogQuery } from './log-query.js';
import { rangeOf } from './log-range.js';
import { gap, LogSegments } from './log-segments.js';
import type { Piece } from './log-segments.js';
import { RateCap } from './rate-cap.js';
import type { WriteBudget } from './write-budget.js';
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
/** The most output that waits for a slow disk; more is dropped. */
const WAITING_BYTES = 2 * 1024 * 1024;
/** Bytes within this time of the last mark have that mark's time. */
const SAME_TIME_MS = 100;
/** From a failed write to the next try. */
const RETRY_MS = 5_000;
/** How long a query waits for the latest output to be written. */
const PATIENCE_MS = 1_000;
const READ_BYTES = 64 * 1024;
/** The beginning of `switch.json`. */
const SWITCHED = /^\{"keep":(true|false)(?:,"at":"([^"]*)")?/;

/**
 * One domain's console output, on the disk. It never makes the console wait: what the disk does not take in
 * time is dropped, with a mark at the gap.
 */
export class DomainLog {
  readonly #parts: DomainLogParts;
  readonly #segments: LogSegments;
  readonly #rate: RateCap;
  readonly #opened: Promise<void>;
  #keep = true;
  #switchedAt: string | null = null;
  #queue: Piece[] = [];
  #queued = 0;
  #timedAt = -Infinity;
  #boot: LoggedBoot | null = null;
  #dropped = 0;
  #droppedAt = 0;
  #failedAt: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #turns = new SerialQueue();
  #flushing = false;
  #followers = new Set<() => void>();
  #closed = false;

  constructor(parts: DomainLogParts) {
    this.#parts = parts;
    this.#segments = new LogSegments(parts.folder, parts.disk, parts.limit);
    this.#rate = new RateCap(parts.rate, Math.min(4 * 1024 * 1024, parts.limit));
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
    return this.#keep;
  }

  /** The next output is this incarnation's. @param at milliseconds since the epoch */
  begins({ uuid, domid }: Incarnation, profile: string, at: number): void {
    this.#mark({ mark: 'boot', boot: { uuid, domid, host: this.#parts.host, began: at, profile } }, at);
  }

  /**
   * The profile of an incarnation became known. Ignored unless it is the incarnation whose console is open.
   */
  booted({ uuid, domid }: Incarnation, profile: string, at: number): void {
    const boot = this.#boot;
    if (boot?.uuid !== uuid || boot.domid !== domid || boot.profile === profile) return;
    this.#mark({ mark: 'boot', boot: { ...boot, profile } }, at);
  }

  /** @param at milliseconds since the epoch */
  append(bytes: Buffer, at: number): void {
    if (!this.#keep || this.#closed || bytes.length === 0) return;
    const fits = this.#canWrite() ? this.#rate.take(bytes.length, performance.now()) : 0;
    const taken = this.#parts.writeBudget.fit(Math.min(fits, WAITING_BYTES - this.#queued));
    if (taken > 0) {
      this.#noteDropped(at);
      if (this.#queue.length === 0 || Math.abs(at - this.#timedAt) >= SAME_TIME_MS)
        this.#push({ mark: 'time', at });
      this.#push(Buffer.from(bytes.subarray(0, taken)));
    }
    if (taken < bytes.length) {
      this.#dropped += bytes.length - taken;
      this.#droppedAt = performance.now();
    }
    this.#schedule();
  }

  /** Switches the log off or on, for good. @throws a disk error; then nothing has changed */
  async switch(keep: boolean, actor: Actor, at: number): Promise<void> {
    await this.#opened;
    if (keep === this.#keep) return;
    const switchedAt = new Date(at).toISOString();
    const text = `${JSON.stringify({ keep, at: switchedAt, actor })}\n`;
    await this.#turns.run(() => this.#parts.disk.replace(this.#switchFile, text));
    this.#switchedAt = switchedAt;
    if (!keep) this.#mark({ mark: 'off' }, at);
    this.#keep = keep;
    if (!keep) return;
    this.#mark({ mark: 'on' }, at);
    if (this.#boot !== null) this.#mark({ mark: 'boot', boot: this.#boot }, at);
  }

  /** @throws a disk error */
  async answer(query: LogQuery): Promise<LogAnswer> {
    await this.#settled();
    const { from, to, facts } = await rangeOf(this.#segments, query);
    return {
      facts: { keeping: this.#keep, switchedAt: this.#switchedAt, place: 'disk', ...facts },
      bytes: (signal) => this.#read(from, query.follow ? null : to, signal),
    };
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
    for (const wake of this.#followers) wake();
  }

  get #switchFile(): string {
    return join(this.#parts.folder, 'switch.json');
  }

  #canWrite(): boolean {
    return this.#failedAt === null || performance.now() - this.#failedAt >= RETRY_MS;
  }

  #mark(kind: MarkKind, at: number): void {
    if (kind.mark === 'boot') this.#boot = kind.boot;
    if (!this.#keep || this.#closed) return;
    this.#noteDropped(at);
    this.#push({ ...kind, at });
    this.#schedule();
  }

  #noteDropped(at: number): void {
    if (this.#dropped === 0 || !this.#keep || this.#closed) return;
    this.#push({ mark: 'dropped', bytes: this.#dropped, at });
    this.#dropped = 0;
  }

  #push(piece: Piece): void {
    this.#queue.push(piece);
    if ('mark' in piece) this.#timedAt = piece.at;
    else {
      this.#queued += piece.length;
      this.#parts.writeBudget.taken += piece.length;
    }
  }

  #schedule(): void {
    if (this.#flushing || this.#closed) return;
    if (this.#queued >= FLUSH_BYTES) {
      void this.#flush();
      return;
    }
    this.#timer ??= setTimeout(
      () => {
        void this.#flush();
      },
      this.#followers.size > 0 ? FOLLOWED_FLUSH_MS : FLUSH_MS,
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
      this.#parts.logger.error(
        { domain: this.#parts.name, err: error },
        'a fault in a console log was caught',
      );
    } finally {
      this.#flushing = false;
    }
    if (this.#dropped > 0 && performance.now() - this.#droppedAt >= FLUSH_MS && this.#canWrite())
      this.#noteDropped(Date.now());
    if (this.#queue.length > 0 || this.#dropped > 0) this.#schedule();
  }

  async #write(): Promise<void> {
    const pieces = this.#queue;
    const bytes = this.#queued;
    this.#queue = [];
    this.#queued = 0;
    const { name, logger, writeBudget } = this.#parts;
    try {
      if (pieces.length > 0) await this.#writeOrMend(pieces, bytes);
      if (this.#failedAt !== null && pieces.length > 0) {
        this.#failedAt = null;
        logger.info({ domain: name }, 'the console log is written again');
      }
    } catch (error) {
      if (this.#failedAt === null)
        logger.warn(
          { domain: name, err: error },
          'the console log cannot be written; what the console says meanwhile is not kept',
        );
      this.#failedAt = performance.now();
    } finally {
      writeBudget.taken -= bytes;
    }
    while (this.#segments.bytes > this.#parts.limit && (await this.#trimmed()));
    for (const wake of this.#followers) wake();
    this.#parts.written();
  }

  async #writeOrMend(pieces: readonly Piece[], bytes: number): Promise<void> {
    const before = this.#segments.end;
    try {
      await this.#segments.write(pieces);
    } catch (error) {
      this.#droppedAt = performance.now();
      await this.#segments.mend().catch(() => undefined);
      for (const piece of pieces)
        if ('mark' in piece && piece.mark === 'dropped') this.#dropped += piece.bytes;
      this.#dropped += Math.max(0, bytes - (this.#segments.end - before));
      if (this.#boot !== null) this.#queue.unshift({ mark: 'boot', boot: this.#boot, at: Date.now() });
      throw error;
    }
  }

  #trimmed(): Promise<boolean> {
    return this.#segments.dropOldest().catch(() => false);
  }

  async #open(): Promise<void> {
    const { name, disk, logger } = this.#parts;
    try {
      await this.#parts.ready;
      const cut = await this.#segments.open();
      if (cut > 0) logger.warn({ domain: name, bytes: cut }, 'the torn end of a console log was cut off');
      const text = await disk.read(this.#switchFile, 0, READ_BYTES);
      const [, keep, at = ''] = SWITCHED.exec(text?.toString('latin1') ?? '') ?? [];
      this.#keep = keep !== 'false';
      this.#switchedAt = Number.isNaN(Date.parse(at)) ? null : at;
      if (this.#keep) return;
      this.#parts.writeBudget.taken -= this.#queued;
      this.#queue = [];
      this.#queued = 0;
      this.#dropped = 0;
    } catch (error) {
      this.#failedAt = performance.now();
      logger.warn({ domain: name, err: error }, 'the console log cannot be read');
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

  async *#read(from: number, to: number | null, signal: AbortSignal): AsyncGenerator<Buffer> {
    let at = from;
    const follows = to === null ? this.#follower(signal) : null;
    const isOver = (): boolean => signal.aborted || this.#closed;
    try {
      while (!isOver()) {
        const end = to ?? this.#segments.end;
        if (at < end) {
          const bytes = await this.#segments.read(at, Math.min(READ_BYTES, end - at));
          // By now these files may belong to the next domain of this name.
          if (isOver()) return;
          if (bytes === null) {
            const next = Math.min(end, this.#segments.nextAfter(at));
            yield gap(next - at);
            at = next;
          } else {
            at += bytes.length;
            yield bytes;
          }
        } else if (follows === null) {
          return;
        } else {
          await follows.more(() => this.#segments.end > at || this.#closed);
        }
      }
    } finally {
      follows?.stop();
    }
  }

  #follower(signal: AbortSignal): { more(is: () => boolean): Promise<void>; stop(): void } {
    let waiting: (() => void) | null = null;
    const wake = (): void => {
      waiting?.();
    };
    this.#followers.add(wake);
    signal.addEventListener('abort', wake);
    return {
      more: async (is) => {
        while (!is() && !signal.aborted) {
          await new Promise<void>((resolve) => {
            waiting = resolve;
          });
        }
      },
      stop: () => {
        this.#followers.delete(wake);
        signal.removeEventListener('abort', wake);
      },
    };
  }
}
