import { isSameBoot } from './log-mark.js';
import type { LoggedBoot, LogMark } from './log-mark.js';
import type { LogSegments, Segment } from './log-segments.js';

/** What a search reads of a log. */
export type SearchedLog = Pick<LogSegments, 'all' | 'start' | 'end' | 'marks' | 'read'>;

/** Where a boot's bytes are: from one position to another, as far as they are kept. */
export interface BootSpan {
  readonly boot: LoggedBoot;
  readonly from: number;
  readonly to: number;
}

const CHUNK = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * Looks at the indexes from the newest back, no further than it must.
 *
 * @param at milliseconds since 1970
 * @returns the position of the first byte that surely came at this time or later: what no mark speaks of came before any time
 */
export async function positionSince(log: SearchedLog, at: number): Promise<number> {
  for (const segment of log.all.toReversed()) {
    const marks = await log.marks(segment);
    const before = marks.findLastIndex((mark) => mark.at < at);
    if (before === -1 && marks[0]?.offset === 0) continue;
    return segment.start + (marks[before + 1]?.offset ?? segment.size);
  }
  return log.start;
}

/** The boots of which something is kept, oldest first. */
export async function bootSpans(log: SearchedLog): Promise<readonly BootSpan[]> {
  const spans: BootSpan[] = [];
  for (const segment of log.all) {
    for (const mark of await log.marks(segment)) {
      if (mark.mark === 'boot') take(spans, segment, mark);
    }
  }
  return spans.map((span, index) => ({ ...span, to: spans[index + 1]?.from ?? log.end }));
}

function take(spans: BootSpan[], segment: Segment, mark: Extract<LogMark, { mark: 'boot' }>): void {
  const last = spans.at(-1);
  const same = last !== undefined && isSameBoot(last.boot, mark.boot);
  // A file was lost before this one when they are not the same although it is carried over: then it begins here.
  if (same) spans[spans.length - 1] = { ...last, boot: mark.boot };
  else spans.push({ boot: mark.boot, from: segment.start + mark.offset, to: 0 });
}

/** Reads from the end back. @returns where the last so many lines before `to` begin, not before `from` */
export async function lastLines(log: SearchedLog, from: number, to: number, lines: number): Promise<number> {
  let left = lines;
  let end = to;
  while (end > from) {
    const begin = Math.max(from, end - CHUNK);
    const chunk = await between(log, begin, end);
    // The feed that ends the last line begins none.
    let at = end === to ? chunk.length - 2 : chunk.length - 1;
    for (; at >= 0; at -= 1) {
      at = chunk.lastIndexOf(LINE_FEED, at);
      if (at < 0) break;
      left -= 1;
      if (left === 0) return end - chunk.length + at + 1;
    }
    if (chunk.length < end - begin) return end - chunk.length;
    end = begin;
  }
  return from;
}

/** @returns the bytes before `to`, without a gap, from `from` on or from the first one kept */
async function between(log: SearchedLog, from: number, to: number): Promise<Buffer> {
  let chunks: Buffer[] = [];
  let at = from;
  while (at < to) {
    const bytes = await log.read(at, to - at);
    if (bytes === null) {
      chunks = [];
      at = Math.min(to, log.all.find(({ start }) => start > at)?.start ?? to);
    } else {
      chunks.push(bytes);
      at += bytes.length;
    }
  }
  return Buffer.concat(chunks);
}
