import type { Charset } from './printable-text.js';
import { QUARTERS } from './usage-graph.js';
import type { UsageLine } from './usage-graph.js';

const BLOCKS: Readonly<Record<Charset, readonly string[]>> = {
  'utf-8': ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  ascii: ['_', '.', ':', '-', '=', '+', '*', '#'],
};

/** @param columns a divisor of 96; other numbers are rounded down to one @returns one character for each */
export function sparkline({ levels }: UsageLine, columns: number, charset: Charset): string {
  const width = graphColumns(columns);
  const blocks = BLOCKS[charset];
  const each = QUARTERS / width;
  return Array.from({ length: width }, (_, at) => {
    const part = Array.from(levels.slice(at * each, (at + 1) * each)).filter((level) => level !== ' ');
    if (part.length === 0) return ' ';
    const mean = part.reduce((sum, level) => sum + Number(level), 0) / part.length;
    return blocks[Math.min(blocks.length - 1, Math.ceil(mean))] ?? ' ';
  }).join('');
}

/** The widest graph that has room in so many columns, and whose columns are of one length of time. */
export function graphColumns(room: number): number {
  return [96, 48, 32, 24, 12, 8].find((width) => width <= room) ?? 8;
}
