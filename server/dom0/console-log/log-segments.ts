import { join } from 'node:path';
import { IndexTable } from './index-table.js';
import type { IndexBlock } from './index-table.js';
import type { LogDisk } from './log-disk.js';
import { formatMark, gap, isSameBoot, parseMark } from './log-mark.js';
import type { LoggedBoot, LogMark, MarkKind } from './log-mark.js';

/** A piece of a log, in order: bytes, or a mark for the bytes that follow. */
export type Piece = Buffer | (MarkKind & { readonly at: number });

/**
 * One file of a log, with its index beside it. `start` is the position of its first byte since the log began.
 */
export interface Segment {
  readonly start: number;
  size: number;
  indexSize: number;
  /** When it was last written, milliseconds since the epoch. */
  at: number;
  table: IndexTable;
}

const DIGITS = 15;
const NAME = /^(\d{15})\.(log|index)$/;
const INDEX_LIMIT = 64 * 1024 * 1024;
/** How much of an index is read at once: other work goes on in between. */
const TABLE_BYTES = 64 * 1024;

/** A log has this many files, so that removing one costs a small part of it. */
const FILES = 16;
const LEAST_FILE = 16 * 1024;

/** The approximate length of an index line. */
const MARK_BYTES = 48;

/**
 * One domain's log on the disk: raw bytes in files named by the position of their first byte, each with an
 * index of lines beside it. The index is written first. So after a kill it may mention bytes that never came,
 * but no bytes lack their marks.
 */
export class LogSegments {
  readonly #folder: string;
  readonly #disk: LogDisk;
  readonly #fileBytes: number;
  #segments: Segment[] = [];
  #boot: LoggedBoot | null = null;
  #broken = false;

  /** @param limit of the whole log, in bytes */
  constructor(folder: string, disk: LogDisk, limit: number) {
    this.#folder = folder;
    this.#disk = disk;
    this.#fileBytes = Math.max(LEAST_FILE, Math.floor(limit / FILES));
  }

  /** Oldest first. */
  get all(): readonly Segment[] {
    return this.#segments;
  }

  /** The position of the oldest byte. */
  get start(): number {
    return this.#segments[0]?.start ?? 0;
  }

  /** The position after the newest byte. */
  get end(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : last.start + last.size;
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + sizeOf(segment), 0);
  }

  /** The boot of the last boot mark. */
  get boot(): LoggedBoot | null {
    return this.#boot;
  }

  /** Reads what an earlier dom0 left. @returns how many bytes of a torn index were cut off */
  async open(): Promise<number> {
    const found = new Map<number, Segment>();
    for (const { name, size, at } of await this.#disk.files(this.#folder)) {
      const [, digits, kind] = NAME.exec(name) ?? [];
      if (digits === undefined) continue;
      const start = Number(digits);
      const segment = found.get(start) ?? newSegment(start, at);
      if (kind === 'log') segment.size = size;
      else segment.indexSize = size;
      segment.at = Math.max(segment.at, at);
      found.set(start, segment);
    }
    this.#segments = [...found.values()].sort((one, other) => one.start - other.start);
    const cut = (await this.#mend()).cut;
    for (const segment of this.#segments.toReversed()) {
      this.#boot = (await this.table(segment)).boots.at(-1)?.boot ?? null;
      if (this.#boot !== null) break;
    }
    return cut;
  }

  /**
   * @param pieces the first is a mark
   * @throws a disk error; bytes that were written stay, and the rest is not retried
   */
  async write(pieces: readonly Piece[]): Promise<void> {
    let batch: Piece[] = [];
    let bytes = this.#broken ? Infinity : sizeOf(this.#segments.at(-1));
    let at = 0;
    for (const piece of pieces) {
      if ('mark' in piece) at = piece.at;
      if (bytes === 0 || bytes >= this.#fileBytes) {
        await this.#append(batch);
        await this.#begin();
        batch = this.#boot === null && 'mark' in piece ? [] : this.#carriedOver(at);
        bytes = sizeOf(this.#segments.at(-1));
      }
      bytes += 'mark' in piece ? MARK_BYTES : piece.length;
      batch.push(piece);
    }
    await this.#append(batch);
  }

  /**
   * To be called after a failed write: takes over what is on the disk. @returns how many more log bytes
   * are there than were known
   */
  async mend(): Promise<number> {
    return (await this.#mend()).found;
  }

  /** The summary of a segment's index. Reads the part that was not read yet. */
  async table(segment: Segment): Promise<IndexTable> {
    for (;;) {
      const { table, indexSize } = segment;
      const from = table.read;
      if (from >= indexSize) return table;
      const lines = await this.#lines(segment, from, Math.min(indexSize - from, TABLE_BYTES));
      // Another call may have read it meanwhile, or the file was mended.
      if (segment.table !== table || table.read !== from) continue;
      for (const line of lines) {
        const mark = parseMark(line);
        if (mark !== undefined && mark.offset <= segment.size) table.add(mark, line.length + 1);
        else table.skip(line.length + 1);
      }
      if (lines.length === 0) table.skip(indexSize - from);
    }
  }

  /** The marks in a block of an index, without those for bytes that are not there. */
  async marks(segment: Segment, { at, bytes }: IndexBlock): Promise<LogMark[]> {
    const lines = await this.#lines(segment, at, bytes);
    return lines.flatMap((line) => parseMark(line) ?? []).filter(({ offset }) => offset <= segment.size);
  }

  /** @returns bytes of one file from this position on; null when they are not kept */
  async read(position: number, most: number): Promise<Buffer | null> {
    const segment = this.#segments.findLast(({ start }) => start <= position);
    const offset = position - (segment?.start ?? 0);
    if (segment === undefined || offset >= segment.size) return null;
    const length = Math.min(most, segment.size - offset);
    const bytes = await this.#disk.read(this.#path(segment, 'log'), offset, length);
    return bytes === null || bytes.length === 0 ? null : bytes;
  }

  /** The position of the next kept byte after this one, or the end. */
  nextAfter(position: number): number {
    return this.#segments.find(({ start, size }) => start > position && size > 0)?.start ?? this.end;
  }

  /** Removes the oldest file; the only one just with `all`. @returns whether there was one */
  async dropOldest(all = false): Promise<boolean> {
    const [oldest] = this.#segments;
    if (oldest === undefined || (this.#segments.length === 1 && !all)) return false;
    await this.#disk.remove(this.#path(oldest, 'log'));
    await this.#disk.remove(this.#path(oldest, 'index'));
    if (this.#segments.length > 1) this.#segments.shift();
    else this.#segments = [newSegment(this.end, oldest.at)];
    return true;
  }

  async #begin(): Promise<void> {
    if (this.#broken) await this.#mend();
    const last = this.#segments.at(-1);
    if (last !== undefined && sizeOf(last) < this.#fileBytes) return;
    if (last?.size === 0) {
      await this.#disk.truncate(this.#path(last, 'index'), 0);
      last.indexSize = 0;
      last.table = new IndexTable();
      return;
    }
    this.#segments.push(newSegment(this.end, 0));
  }

  /** Each file repeats the boot of its first bytes. */
  #carriedOver(at: number): Piece[] {
    return this.#boot === null ? [{ mark: 'time', at }] : [{ mark: 'boot', boot: this.#boot, at }];
  }

  async #append(batch: readonly Piece[]): Promise<void> {
    const segment = this.#segments.at(-1);
    if (segment === undefined || batch.length === 0) return;
    let offset = segment.size;
    let lines = '';
    for (const piece of batch) {
      if ('mark' in piece) lines += formatMark({ ...this.#known(piece), offset });
      offset += said(piece).length;
    }
    const index = Buffer.from(lines, 'latin1');
    const bytes = Buffer.concat(batch.map(said));
    this.#broken = true;
    if (index.length > 0) await this.#disk.append(this.#path(segment, 'index'), index);
    if (bytes.length > 0) await this.#disk.append(this.#path(segment, 'log'), bytes);
    this.#broken = false;
    segment.indexSize += index.length;
    segment.size += bytes.length;
    segment.at = Date.now();
    for (const piece of batch) {
      if ('mark' in piece && piece.mark === 'boot') this.#boot = this.#sinceItBegan(piece.boot);
    }
  }

  #known(piece: MarkKind & { readonly at: number }): MarkKind & { readonly at: number } {
    return piece.mark === 'boot' ? { ...piece, boot: this.#sinceItBegan(piece.boot) } : piece;
  }

  /** Opening a console again, perhaps by another dom0, begins no new boot. */
  #sinceItBegan(boot: LoggedBoot): LoggedBoot {
    const { began } = isSameBoot(this.#boot, boot) && this.#boot !== null ? this.#boot : boot;
    return { ...boot, began };
  }

  /** Cuts off index lines for bytes that are not there, and an incomplete last line. */
  async #mend(): Promise<{ cut: number; found: number }> {
    const segment = this.#segments.at(-1);
    if (segment === undefined) {
      this.#broken = false;
      return { cut: 0, found: 0 };
    }
    const files = await this.#disk.files(this.#folder);
    const onDisk = (kind: 'log' | 'index'): number =>
      files.find(({ name }) => name === nameOf(segment, kind))?.size ?? 0;
    const found = onDisk('log') - segment.size;
    segment.size = onDisk('log');
    const indexSize = onDisk('index');
    const index = await this.#disk.read(this.#path(segment, 'index'), 0, Math.min(indexSize, INDEX_LIMIT));
    segment.indexSize = goodLength(index ?? Buffer.alloc(0), segment.size);
    segment.table = new IndexTable();
    const cut = indexSize - segment.indexSize;
    if (cut > 0) await this.#disk.truncate(this.#path(segment, 'index'), segment.indexSize);
    this.#broken = false;
    return { cut, found };
  }

  /** The complete lines among these bytes of an index. */
  async #lines(segment: Segment, from: number, length: number): Promise<string[]> {
    const bytes = await this.#disk.read(this.#path(segment, 'index'), from, length);
    return (bytes?.toString('latin1') ?? '').split('\n').slice(0, -1);
  }

  #path(segment: Segment, kind: 'log' | 'index'): string {
    return join(this.#folder, nameOf(segment, kind));
  }
}

const NOTHING = Buffer.alloc(0);

/** The text in the log file for a piece: a gap is noted there, too. */
function said(piece: Piece): Buffer {
  if (!('mark' in piece)) return piece;
  return piece.mark === 'dropped' ? gap(piece.bytes) : NOTHING;
}

function newSegment(start: number, at: number): Segment {
  return { start, size: 0, indexSize: 0, at, table: new IndexTable() };
}

function nameOf({ start }: Segment, kind: 'log' | 'index'): string {
  return `${String(start).padStart(DIGITS, '0')}.${kind}`;
}

function sizeOf(segment: Segment | undefined): number {
  return segment === undefined ? Infinity : segment.size + segment.indexSize;
}

function goodLength(index: Buffer, size: number): number {
  let good = 0;
  for (const line of index.toString('latin1').split(/(?<=\n)/)) {
    const mark = line.endsWith('\n') ? parseMark(line.slice(0, -1)) : undefined;
    if (mark === undefined || mark.offset > size) return good;
    good += line.length;
  }
  return good;
}
