import type { MenuBoot, MenuLogLine } from '../../../menus/log-port.js';
import type { LogPage } from './log-pages.js';
import { shownLines } from './shown-lines.js';
import { TextFilter } from './text-filter.js';

/**
 * A line is cut into pieces when more than `LONGEST` is left of it, or when more than `LONGEST_SAID` was said
 * for it. Bytes.
 */
const LONGEST = 2_000;
const LONGEST_SAID = 8 * 1024;
/** A longer sequence is shown as it is, so it does not matter where it is cut. */
const LONGEST_SEQUENCE = 80;
const LINE_FEED = 0x0a;
const ESCAPE = 0x1b;

/** The whole lines of a page, and where they begin and end. */
export interface PageLines {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly MenuLogLine[];
  /** The line that has not ended yet, at the end of the log. */
  readonly open: readonly MenuLogLine[];
}

/** The part of a page that is wanted. The bytes around it decide how that part is shown. */
export interface PageCore {
  readonly from: number;
  readonly to: number;
}

/**
 * Takes a page apart.
 *
 * @param whole the end of the core at which a line is known to begin or end. The other end may stand in a
 *   line: that line is left out, if there is another
 * @param core the whole page when left out
 * @param most after this many lines from that end, and what was written as one with the last of them, one more is
 *   enough
 */
export function linesOf(
  page: LogPage,
  whole: 'from' | 'to',
  core: PageCore = page.at,
  most = Infinity,
): PageLines {
  const { at, bytes } = page;
  const boots = at.boots.map(({ from, began, profile }) => ({
    from,
    boot: { began: began === null ? null : Date.parse(began), profile },
  }));
  const shown = (some: readonly Piece[]): MenuLogLine[] =>
    shownFrom(whole, some, most, (piece) => textOf(piece, boots));
  if (bytes.length !== at.to - at.from) {
    // Something is missing in between: only the place of all the lines together is known, not that of each.
    const lines = piecesOf(page, [])
      .flatMap((piece) => textOf(piece, boots))
      .map((line) => ({ ...line, from: at.from, to: at.to }));
    return { from: at.from, to: at.to, lines, open: [] };
  }
  const from = Math.max(at.from, Math.min(core.from, at.to));
  const to = Math.max(from, Math.min(core.to, at.to));
  const all = piecesOf(page, whole === 'from' ? [from] : [to]);
  if (whole === 'to') {
    const pieces = all.filter((piece) => piece.to <= to && piece.to > from);
    const [first] = pieces;
    const torn = first !== undefined && first.from < from && pieces.length > 1;
    const kept = torn ? pieces.slice(1) : pieces;
    return openEnd(page, kept, kept[0]?.from ?? from, to, shown);
  }
  const pieces = all.filter((piece) => piece.from >= from && piece.from < to);
  const last = pieces.at(-1);
  const torn = last !== undefined && pieces.length > 1 && (last.to > to || (!last.ends && at.to < at.end));
  if (torn) return { from, to: last.from, lines: shown(pieces.slice(0, -1)), open: [] };
  return openEnd(page, pieces, from, last?.to ?? to, shown);
}

/** The lines of the pieces, made from one end on until there is a line of another piece behind the first `most`. */
function shownFrom(
  end: 'from' | 'to',
  pieces: readonly Piece[],
  most: number,
  linesIn: (piece: Piece) => readonly MenuLogLine[],
): MenuLogLine[] {
  const order = end === 'from' ? pieces : pieces.toReversed();
  const parts: (readonly MenuLogLine[])[] = [];
  let count = 0;
  for (const piece of order) {
    const isLast = count >= most;
    const lines = linesIn(piece);
    parts.push(lines);
    count += lines.length;
    if (isLast) break;
  }
  return (end === 'from' ? parts : parts.toReversed()).flat();
}

function openEnd(
  { at }: LogPage,
  pieces: readonly Piece[],
  from: number,
  to: number,
  shown: (some: readonly Piece[]) => MenuLogLine[],
): PageLines {
  const last = pieces.at(-1);
  if (last === undefined || last.ends || to < at.end) return { from, to, lines: shown(pieces), open: [] };
  return { from, to: last.from, lines: shown(pieces.slice(0, -1)), open: shown([last]) };
}

/** The text of one line, or of a piece of it. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly text: Buffer;
  /** Whether it has ended: at a line feed, a new boot or a cut, or because it is too long. */
  readonly ends: boolean;
}

/**
 * Pieces end at line feeds, where a boot begins, and before they get too long.
 *
 * @param cuts positions where pieces end as well
 */
function piecesOf({ at, bytes }: LogPage, cuts: readonly number[]): Piece[] {
  const { text, positions } = filtered(bytes, at.from);
  const bounds = [...at.boots.map(({ from }) => from), ...cuts].filter((cut) => cut > at.from && cut < at.to);
  bounds.sort((one, other) => one - other);
  const end = at.from + bytes.length;
  const pieces: Piece[] = [];
  let from = at.from;
  for (let begin = 0; begin < text.length;) {
    const feed = text.indexOf(LINE_FEED, begin);
    let next = feed === -1 ? text.length : feed + 1;
    let to = feed === -1 ? end : (positions[feed] ?? end) + 1;
    let ends = feed !== -1;
    const most = tooLong(text, positions, begin, next, from);
    if (most !== next) {
      next = most;
      to = positions[next] ?? end;
      ends = true;
    }
    const bound = bounds.find((each) => each > from && each < to);
    if (bound !== undefined) {
      while (next > begin && (positions[next - 1] ?? 0) >= bound) next -= 1;
      to = bound;
      ends = true;
    }
    pieces.push({ from, to, text: text.subarray(begin, next), ends });
    from = to;
    begin = next;
  }
  for (const bound of [...bounds.filter((each) => each > from), end]) {
    // A stretch of which everything is left out.
    if (bound > from) pieces.push({ from, to: bound, text: Buffer.alloc(0), ends: bound < end });
    from = bound;
  }
  return pieces;
}

/** What the filter leaves of a page, and the position of each byte of it. */
function filtered(bytes: Buffer, from: number): { readonly text: Buffer; readonly positions: Float64Array } {
  const parts: { readonly left: Uint8Array; readonly at: number; readonly isDrawn: boolean }[] = [];
  const filter = new TextFilter((left, at, isDrawn) => {
    parts.push({ left, at, isDrawn });
  }, from);
  filter.push(bytes);
  filter.end();
  const text = Buffer.concat(parts.map(({ left }) => left));
  const positions = new Float64Array(text.length);
  let index = 0;
  for (const { left, at, isDrawn } of parts)
    for (let offset = 0; offset < left.length; offset += 1) positions[index++] = isDrawn ? at : at + offset;
  return { text, positions };
}

/**
 * @returns where a piece that begins at `begin` ends at the latest. All bytes drawn for one byte count as one
 */
function tooLong(text: Buffer, positions: Float64Array, begin: number, end: number, from: number): number {
  if (end - begin <= LONGEST && (positions[end - 1] ?? 0) - from <= LONGEST_SAID) return end;
  let bytes = 0;
  for (let at = begin; at < end; at += 1) {
    if (positions[at] === positions[at - 1]) continue;
    bytes += 1;
    const isLong = bytes > LONGEST || (positions[at] ?? 0) - from > LONGEST_SAID;
    if (isLong && at > begin) return beginOfCharacter(text, begin, at);
  }
  return end;
}

/** UTF-8 (RFC 3629): bytes 10xxxxxx continue a character. The cut must not be inside a sequence either. */
function beginOfCharacter(text: Buffer, first: number, at: number): number {
  const escape = text.lastIndexOf(ESCAPE, at - 1);
  if (escape > first && at - escape < LONGEST_SEQUENCE) return escape;
  let begin = at;
  while (begin > at - 4 && begin > first + 1 && ((text[begin] ?? 0) & 0xc0) === 0x80) begin -= 1;
  return begin;
}

function textOf(
  { from, to, text: said }: Piece,
  boots: readonly { readonly from: number; readonly boot: MenuBoot }[],
): MenuLogLine[] {
  const own = boots.findLast((one) => one.from <= from);
  const begins = own?.from === from && own.boot.began !== null;
  return shownLines(said.toString().replace(/\n$/, '')).map((text, index) => ({
    from,
    to,
    text,
    boot: own?.boot ?? null,
    begins: begins && index === 0,
  }));
}
