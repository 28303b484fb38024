import type { StateDisk } from './state-disk.js';

const PIECE_BYTES = 128 * 1024;
/** For searches. */
const SMALL_PIECE_BYTES = 8 * 1024;
const NEWLINE = 10;

/** A line of a file, as bytes, without its newline. */
interface FileLine {
  readonly bytes: Buffer;
  /** Its offset in the file. */
  readonly start: number;
}

/**
 * The lines of a file, read piece by piece. Text after the last newline is left out. Other work
 * goes on between two pieces.
 *
 * @param from the beginning of a line
 * @param to where reading ends
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
 * Searches a file of ordered lines by halving, for a line to begin reading at.
 *
 * @param isBefore called with the beginning of a line; undefined when the line does not say
 * @returns the beginning of a line; `isBefore` holds for all lines before it
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

/** The first line that begins after a position and for which `isBefore` has an answer. */
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
