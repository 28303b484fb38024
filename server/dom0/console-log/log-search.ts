import type { IndexTable } from './index-table.js';
import { isSameBoot } from './log-mark.js';
import type { LoggedBoot } from './log-mark.js';
import type { LogSegments, Segment } from './log-segments.js';

/** The parts of a log that a search reads. */
export type SearchedLog = Pick<LogSegments, 'all' | 'start' | 'end' | 'table' | 'marks' | 'read'>;

/** The bytes of a boot: from one position to another, as far as they are kept. */
export interface BootSpan {
  readonly boot: LoggedBoot;
  readonly from: number;
  readonly to: number;
}

const CHUNK = 64 * 1024;
const LINE_FEED = 0x0a;
/** Only this many boots are told apart: no query counts further back. */
const MOST_BOOTS = 1_000;

/**
 * Reads the indexes from the newest back, no further than needed.
 *
 * @param at milliseconds since the epoch
 * @returns the position of the first byte that surely came at this time or later; bytes without a mark
 *   count as older than any time
 */
export async function positionSince(log: SearchedLog, at: number): Promise<number> {
  for (const segment of log.all.toReversed()) {
    const table = await log.table(segment);
    const before = table.blocks.findLastIndex(({ least }) => least < at);
    const first = table.blocks[0]?.first;
    if (before === -1 && first === 0) continue;
    const offset = before === -1 ? first : await offsetSince(log, segment, table, before, at);
    return segment.start + (offset ?? segment.size);
  }
  return log.start;
}

/** @returns the offset of the first mark after the last one from before the time, which is in this block */
async function offsetSince(
  log: SearchedLog,
  segment: Segment,
  { blocks }: IndexTable,
  index: number,
  at: number,
): Promise<number | undefined> {
  const block = blocks[index];
  const next = blocks[index + 1]?.first;
  if (block === undefined || block.latest < at) return next;
  const marks = await log.marks(segment, block);
  return marks[marks.findLastIndex((mark) => mark.at < at) + 1]?.offset ?? next;
}

/** The boots with bytes in the log, oldest first. */
export async function bootSpans(log: SearchedLog): Promise<readonly BootSpan[]> {
  const spans: BootSpan[] = [];
  let to = log.end;
  for (const segment of log.all.toReversed()) {
    for (const { offset, boot } of (await log.table(segment)).boots.toReversed()) {
      const from = segment.start + offset;
      const newer = spans.at(-1);
      // Each file repeats the boot of its first bytes.
      if (newer !== undefined && isSameBoot(newer.boot, boot)) spans[spans.length - 1] = { ...newer, from };
      else if (spans.length === MOST_BOOTS) return spans.reverse();
      else spans.push({ boot, from, to });
      to = from;
    }
  }
  return spans.reverse();
}

/**
 * Reads backwards from the end. @returns where the last `lines` lines before `to` begin, not before `from`, and
 * how many they are
 */
export async function lastLines(
  log: SearchedLog,
  from: number,
  to: number,
  lines: number,
): Promise<{ readonly from: number; readonly lines: number }> {
  let left = lines;
  let end = to;
  while (end > from) {
    const begin = Math.max(from, end - CHUNK);
    const chunk = await between(log, begin, end);
    // The line feed that ends the last line begins no other.
    let at = end === to ? chunk.length - 2 : chunk.length - 1;
    for (; at >= 0; at -= 1) {
      at = chunk.lastIndexOf(LINE_FEED, at);
      if (at < 0) break;
      left -= 1;
      if (left === 0) return { from: end - chunk.length + at + 1, lines };
    }
    if (chunk.length < end - begin) return { from: end - chunk.length, lines: lines - left + 1 };
    end = begin;
  }
  return { from, lines: to > from ? lines - left + 1 : 0 };
}

/** @returns the bytes before `to` without a gap, from `from` or from the first byte after the last gap */
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
