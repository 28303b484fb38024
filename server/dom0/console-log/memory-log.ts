import type { LogAnswer } from './domain-log.js';
import type { LogQuery } from './log-query.js';
import { once } from './log-stream.js';

/** Bytes in memory, and the position of the first. */
export interface Recent {
  readonly start: number;
  readonly bytes: Buffer;
}

const LINE_FEED = 0x0a;

/** An answer from memory. It follows nothing and does not know boots. */
export function inMemory({ start, bytes }: Recent, query: LogQuery): LogAnswer {
  const end = start + bytes.length;
  const within = (position: number): number => Math.min(end, Math.max(start, position));
  let from = within(query.from ?? start);
  let to = Math.max(from, within(query.before ?? end));
  if (query.lines !== null) from += lastLinesOf(bytes.subarray(from - start, to - start), query.lines);
  if (query.bytes !== null && query.from === null) from = Math.max(from, to - query.bytes);
  else if (query.bytes !== null) to = Math.min(to, from + query.bytes);
  const page = query.bytes === null ? null : { from, to, start, end, boots: [] };
  // No log on the disk tells its boots.
  const piece = query.spans === true ? Buffer.from('null') : bytes.subarray(from - start, to - start);
  return {
    facts: { keeping: true, switchedAt: null, place: 'memory', boot: null, page },
    bytes: () => once(piece),
  };
}

/** @returns where the last `lines` lines begin */
function lastLinesOf(bytes: Buffer, lines: number): number {
  let begin = bytes.length;
  for (let left = lines; left > 0 && begin > 0; left -= 1)
    begin = begin < 2 ? 0 : bytes.lastIndexOf(LINE_FEED, begin - 2) + 1;
  return begin;
}
