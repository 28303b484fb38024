import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { LOG_PAGE_BYTES } from '../../wire/log.js';
import { Patience } from '../../wire/patience.js';
import type { LogHead, LogHeadPage } from '../hosts/log-answer.js';
import type { LogStream } from '../hosts/log-stream.js';
import * as words from '../text/words.js';
import { endOf, joinedOf, localOf } from './joined-log.js';
import type { JoinedBoot, JoinedLog, LogPart } from './joined-log.js';
import type { OpenedLog } from './opened-log.js';

/** One page of a log: bytes, and where they stand. */
export interface LogPage {
  /** Null where the host keeps no log on its disk. */
  readonly head: LogHead | null;
  readonly at: LogHeadPage;
  readonly bytes: Buffer;
}

/**
 * The first so many bytes from a position on, or the last ones before a position, or the last ones of all.
 */
export interface PageQuery {
  readonly bytes: number;
  readonly from?: number;
  readonly before?: number;
}

/** How long a page may take. */
const PATIENCE_MS = 10_000;

/** The most that is read of what a host has in memory. Bytes. */
const MOST_IN_MEMORY = 1024 * 1024;

/**
 * The pages of a log that somebody reads. A host that knows no pages has only a little: all of it is read and
 * kept.
 */
export class LogPages {
  readonly #opened: OpenedLog;
  readonly #join: () => Promise<JoinedLog | Refusal>;
  /** Null until it was joined. */
  #joined: JoinedLog | null = null;
  #joining: Promise<JoinedLog | Refusal> | null = null;
  /** Where the log ends, as last heard. */
  #end = 0;
  #recent: Buffer | null = null;

  /** @param join joins the logs of all hosts on which the domain ran; asked once */
  constructor(opened: OpenedLog, join: () => Promise<JoinedLog | Refusal>) {
    this.#opened = opened;
    this.#join = join;
  }

  /** The log of all hosts, joined once. */
  async joined(): Promise<JoinedLog | Refusal> {
    if (this.#joined !== null) return this.#joined;
    this.#joining ??= this.#join();
    const joined = await this.#joining;
    this.#joining = null;
    if (isRefusal(joined)) return joined;
    this.#joined = joined;
    this.#end = joined.parts.at(-1)?.at ?? 0;
    return joined;
  }

  async page(query: PageQuery): Promise<LogPage | Refusal> {
    const { host } = this.#opened;
    if (!host.log.onDisk) return this.#ofRecent(query);
    this.#recent = null;
    const joined = await this.joined();
    if (isRefusal(joined)) return joined;
    if (joined.parts.length === 1) return this.#ofPart({ host, uuid: null }, query);
    return query.from === undefined
      ? this.#before(joined, query)
      : this.#from(joined, query.from, query.bytes);
  }

  /** The position of the present host's log. */
  localOf(position: number): number {
    const part = this.#joined?.parts.at(-1);
    return part === undefined || this.#joined?.parts.length === 1
      ? position
      : Math.max(part.from, localOf(part, position));
  }

  async #ofPart(
    { host, uuid }: Pick<LogPart, 'host' | 'uuid'>,
    query: PageQuery,
  ): Promise<LogPage | Refusal> {
    const { demanded } = this.#opened;
    const stream = await host.log.open(demanded, { ...query, ...(uuid === null ? {} : { uuid }) });
    if (isRefusal(stream)) return stream;
    const bytes = await read(stream, LOG_PAGE_BYTES + 1024);
    const at = stream.head?.page;
    if (bytes === null || at === undefined || at === null)
      return words.hostUnreachable(demanded.domain, 'it did not give the page of its log');
    return { head: stream.head, at, bytes };
  }

  async #from({ parts, boots }: JoinedLog, position: number, most: number): Promise<LogPage | Refusal> {
    const pieces: Placed[] = [];
    let left = most;
    let at = Math.max(position, parts[0]?.at ?? 0);
    for (const part of parts) {
      const end = endOf(part);
      if (end !== null && end <= at) continue;
      const local = localOf(part, at);
      const before = part.to === null ? {} : { before: part.to };
      const page = await this.#ofPart(part, { from: local, ...before, bytes: left });
      if (isRefusal(page)) return page;
      pieces.push({ part, page });
      left -= page.at.to - page.at.from;
      at = joinedOf(part, page.at.to);
      if (left <= 0 || (end !== null && at < end)) break;
    }
    return this.#whole(pieces, boots ?? []);
  }

  async #before({ parts, boots }: JoinedLog, { before, bytes }: PageQuery): Promise<LogPage | Refusal> {
    const pieces: Placed[] = [];
    let left = bytes;
    for (const part of parts.toReversed()) {
      if (before !== undefined && before <= part.at && part !== parts[0]) continue;
      const end = endOf(part);
      const cut = before !== undefined && (end === null || before < end) ? before : end;
      const to = cut === null ? {} : { before: Math.max(part.from, localOf(part, cut)) };
      const most = cut === null ? left : Math.min(left, Math.max(1, cut - part.at));
      const got = await this.#ofPart(part, { ...to, bytes: most });
      if (isRefusal(got)) return got;
      const page = within(part, got);
      pieces.unshift({ part, page });
      left -= page.at.to - page.at.from;
      if (left <= 0 || page.at.from > part.from) break;
    }
    return this.#whole(pieces, boots ?? []);
  }

  /** Puts pieces together that follow each other. */
  #whole(pieces: readonly Placed[], known: readonly JoinedBoot[]): LogPage | Refusal {
    const [first] = pieces;
    const last = pieces.at(-1);
    if (first === undefined || last === undefined)
      return words.hostUnreachable(this.#opened.demanded.domain, 'it did not give the page of its log');
    const from = joinedOf(first.part, first.page.at.from);
    const to = joinedOf(last.part, last.page.at.to);
    if (last.part.to === null) this.#end = joinedOf(last.part, last.page.at.end);
    const end = Math.max(this.#end, to);
    const start = first.part === this.#joined?.parts[0] ? joinedOf(first.part, first.page.at.start) : 0;
    const boots = bootsOf(pieces, known).filter(
      (boot) => boot.from < Math.max(to, from + 1) && boot.to > from,
    );
    return {
      head: last.page.head,
      at: { from, to, start: Math.min(start, from), end, boots },
      bytes: Buffer.concat(pieces.map(({ page }) => page.bytes)),
    };
  }

  async #ofRecent({ bytes, from: begin, before }: PageQuery): Promise<LogPage | Refusal> {
    const { demanded, host } = this.#opened;
    if (this.#recent === null || (begin === undefined && before === undefined)) {
      const stream = await host.log.open(demanded);
      if (isRefusal(stream)) return stream;
      const recent = await read(stream, MOST_IN_MEMORY);
      if (recent === null) return words.hostUnreachable(demanded.domain, 'it did not give its log');
      this.#recent = recent;
    }
    const all = this.#recent;
    const inside = (position: number): number => Math.min(all.length, Math.max(0, position));
    const to = inside(begin === undefined ? (before ?? all.length) : begin + bytes);
    const from = inside(begin ?? to - bytes);
    const at = { from, to, start: 0, end: all.length, boots: [] };
    return { head: null, at, bytes: all.subarray(from, to) };
  }
}

/** A page of a part, with the host's positions. */
interface Placed {
  readonly part: LogPart;
  readonly page: LogPage;
}

/** Leaves out what stands before the part. */
function within(part: LogPart, page: LogPage): LogPage {
  const { at, bytes } = page;
  const more = Math.max(0, part.from - at.from);
  if (more === 0) return page;
  const isWhole = bytes.length === at.to - at.from;
  return { ...page, at: { ...at, from: part.from }, bytes: isWhole ? bytes.subarray(more) : bytes };
}

/** The boots of the joined log: those known when it was joined, and those that the present host began since. */
function bootsOf(pieces: readonly Placed[], known: readonly JoinedBoot[]): LogHeadPage['boots'] {
  const boots = known.map((boot) => ({ ...boot, to: boot.to ?? Infinity }));
  for (const { part, page } of pieces) {
    if (part.to !== null) continue;
    for (const { from, to, ...about } of page.at.boots) {
      if (to <= part.from) continue;
      const begins = joinedOf(part, from);
      const same = boots.findIndex((boot) => boot.from <= begins && begins < boot.to && begins <= part.at);
      const is = same === -1 ? boots.findIndex((boot) => boot.from === begins) : same;
      const before = boots[is];
      if (before !== undefined) boots[is] = { ...before, to: joinedOf(part, to) };
      else {
        const last = boots.at(-1);
        if (last !== undefined && last.to > begins) boots[boots.length - 1] = { ...last, to: begins };
        boots.push({ ...about, from: begins, to: joinedOf(part, to) });
      }
    }
  }
  return boots;
}

/** @returns null when the host was lost before the end, or gave more than it was asked for */
async function read(stream: LogStream, most: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  const patience = new Patience(PATIENCE_MS, () => {
    stream.close();
  });
  try {
    for await (const chunk of stream.bytes) {
      size += chunk.length;
      if (size > most) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  } finally {
    patience.stop();
    stream.close();
  }
  return Buffer.concat(chunks);
}
