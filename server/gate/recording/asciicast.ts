import { jsonEscapes, replaceUnprintable } from '../../../policy/printable.js';

/**
 * Asciicast v2: JSON, one value a line. A header comes first, then the events in order of time, so that a
 * file that ends between any two lines can be played. (https://docs.asciinema.org/manual/asciicast/v2/)
 */

/** `o` was shown, `i` typed; `r` is the window's new size, `m` a remark about the recording. */
export type CastEvent = 'o' | 'i' | 'r' | 'm';

interface CastHeader {
  readonly columns: number;
  readonly rows: number;
  readonly begunAt: Date;
  readonly title: string;
  readonly term: string;
}

/** The header with its end of line, which all lines here have. */
export function headerLine({ columns, rows, begunAt, title, term }: CastHeader): string {
  const timestamp = Math.floor(begunAt.getTime() / 1000);
  return line({ version: 2, width: columns, height: rows, timestamp, title, env: { TERM: term } });
}

/** @param seconds since the recording began */
export function eventLine(seconds: number, event: CastEvent, data: string): string {
  return line([Number(seconds.toFixed(6)), event, data]);
}

/** @returns whether this is a line of such a file, without its end of line */
export function isCastLine(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

/**
 * Writes characters that do not print as JSON escapes: a recording that is read as text does nothing to a
 * terminal.
 */
function line(value: object): string {
  return `${replaceUnprintable(JSON.stringify(value), jsonEscapes)}\n`;
}
