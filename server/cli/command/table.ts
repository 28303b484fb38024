import { aligned } from '../../../policy/columns.js';
import { printable } from '../../../policy/printable.js';

/**
 * Lays out rows in columns under a head, with a newline at the end. Every cell is made printable.
 *
 * @param none printed when there are no rows
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], none: string): string {
  if (rows.length === 0) return `${none}\n`;
  const lines = aligned([head, ...rows.map((row) => row.map((cell) => printable(cell)))]);
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * A recorded time for people, to the second, in UTC. The column's head must say UTC; in a sentence use `utc`.
 */
export function shortTime(time: string | null): string {
  return time === null ? 'never' : `${time.slice(0, 10)} ${time.slice(11, 19)}`;
}

/** As `shortTime`, for a sentence: `2026-11-21 07:15:02 UTC`. */
export function utc(time: string): string {
  return `${shortTime(time)} UTC`;
}
