import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { LOG_PAGE_BYTES } from '../../wire/log.js';
import type { LogHead, LogHeadPage } from '../hosts/log-answer.js';
import type { LogStream } from '../hosts/log-stream.js';
import * as words from '../text/words.js';
import type { OpenedLog } from './log-access.js';

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
  #recent: Buffer | null = null;

  constructor(opened: OpenedLog) {
    this.#opened = opened;
  }

  async page(query: PageQuery): Promise<LogPage | Refusal> {
    const { demanded, host } = this.#opened;
    if (!host.log.onDisk) return this.#ofRecent(query);
    this.#recent = null;
    const stream = await host.log.open(demanded, query);
    if (isRefusal(stream)) return stream;
    const bytes = await read(stream, LOG_PAGE_BYTES + 1024);
    const at = stream.head?.page;
    if (bytes === null || at === undefined || at === null)
      return words.hostUnreachable(demanded.domain, 'it did not give the page of its log');
    return { head: stream.head, at, bytes };
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
    const within = (position: number): number => Math.min(all.length, Math.max(0, position));
    const to = within(begin === undefined ? (before ?? all.length) : begin + bytes);
    const from = within(begin ?? to - bytes);
    const at = { from, to, start: 0, end: all.length, boots: [] };
    return { head: null, at, bytes: all.subarray(from, to) };
  }
}

/** @returns null when the host was lost before the end, or gave more than it was asked for */
async function read(stream: LogStream, most: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  const deadline = setTimeout(() => {
    stream.close();
  }, PATIENCE_MS);
  try {
    for await (const chunk of stream.bytes) {
      size += chunk.length;
      if (size > most) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  } finally {
    clearTimeout(deadline);
    stream.close();
  }
  return Buffer.concat(chunks);
}
