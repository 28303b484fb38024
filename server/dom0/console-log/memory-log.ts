import type { LogAnswer } from './domain-log.js';

const LINE_FEED = 0x0a;

/** An answer from memory: there is nothing in it to follow, and no boot is told from another. */
export function inMemory(recent: Buffer): LogAnswer {
  return { facts: { keeping: true, place: 'memory', boot: null }, bytes: () => once(recent) };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield await Promise.resolve(bytes);
}

/** @returns where the last so many lines begin */
export function lastLinesOf(bytes: Buffer, lines: number): number {
  let begin = bytes.length;
  for (let left = lines; left > 0 && begin > 0; left -= 1)
    begin = begin < 2 ? 0 : bytes.lastIndexOf(LINE_FEED, begin - 2) + 1;
  return begin;
}
