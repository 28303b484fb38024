import type { StateDisk } from './state-disk.js';

const PIECE_BYTES = 128 * 1024;
/** While a place is looked for. */
const SMALL_PIECE_BYTES = 8 * 1024;
const NEWLINE = 10;

/** A line of a file, as bytes, without its newline. */
interface FileLine {
  readonly bytes: Buffer;
  /** Where it begins in the file. */
  readonly start: number;
}

/**
 * The lines of a file, read piece by piece; what is behind the last newline is left out. Other work goes on between two pieces.
 *
 * @param from the beginning of a line
 * @param to where the file ends for this reader
 * @throws when the disk fails
 */
export async function* fileLines(
  disk: Pick<StateDisk, 'read'>,
  file: string,
  from: number,
  to: number,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<FileLine> {
  let begun: Buffer[] = [];
  let start = from;
  for (let at = from; at < to;) {
    const chunk = await disk.read(file, at, Math.min(pieceBytes, to - at));
    if (chunk === null || chunk.length === 0) return;
    let rest = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, rest)) {
      const piece = chunk.subarray(rest, end);
      const bytes = begun.length === 0 ? piece : Buffer.concat([...begun, piece]);
      begun = [];
      rest = end + 1;
      yield { bytes, start };
      start = at + rest;
    }
    if (rest < chunk.length) begun.push(chunk.subarray(rest));
    at += chunk.length;
  }
}

/**
 * Where in a file of lines that are in order the first line begins that may be beyond something.
 *
 * @param isBefore whether a line, of which the beginning is given, is not beyond it; undefined when it cannot be said
 * @returns the beginning of a line; all lines before it are not beyond it
 */
export async function seekLine(
  disk: Pick<StateDisk, 'read'>,
  file: string,
  size: number,
  isBefore: (line: Buffer) => boolean | undefined,
): Promise<number> {
  let low = 0;
  for (let high = size; high - low > PIECE_BYTES;) {
    const middle = low + Math.floor((high - low) / 2);
    const found = await lineFrom(disk, file, middle, high, isBefore);
    if (found?.before === true) low = found.start;
    else high = middle;
  }
  return low;
}

/** The first line that begins behind a position and of which it can be said on which side it is. */
async function lineFrom(
  disk: Pick<StateDisk, 'read'>,
  file: string,
  position: number,
  to: number,
  isBefore: (line: Buffer) => boolean | undefined,
): Promise<{ readonly start: number; readonly before: boolean } | null> {
  let first = true;
  for await (const { bytes, start } of fileLines(disk, file, position, to, SMALL_PIECE_BYTES)) {
    const before = first ? undefined : isBefore(bytes);
    if (before !== undefined) return { start, before };
    first = false;
  }
  return null;
}
