import type { MenuBoot, MenuLogLine } from '../../../menus/log-port.js';
import type { LogPage } from './log-pages.js';
import { shownLines } from './shown-lines.js';

/** A line that is longer is cut into pieces. Bytes. */
const LONGEST = 2_000;
const LINE_FEED = 0x0a;

/** The lines of a page: those that are whole, and where they begin and end. */
export interface PageLines {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly MenuLogLine[];
  /** At the end of the log, the line that has not ended yet. */
  readonly open: readonly MenuLogLine[];
}

/**
 * Takes a page apart.
 *
 * @param whole which end of it was asked for by where a line begins or ends: the other one may stand in a line, and that is left
 * out, if there is another
 */
export function linesOf(page: LogPage, whole: 'from' | 'to'): PageLines {
  const { at, bytes } = page;
  const pieces = piecesOf(page);
  const first = pieces[0];
  const last = pieces.at(-1);
  const boots = at.boots.map(({ from, began, profile }) => ({
    from,
    boot: { began: began === null ? null : Date.parse(began), profile },
  }));
  const shown = (some: readonly Piece[]): MenuLogLine[] =>
    some.flatMap((piece) => textOf(page, piece, boots));
  if (bytes.length !== at.to - at.from) {
    // Something was missing between: where each line stands is not known, only where all of them do.
    const lines = shown(pieces).map((line) => ({ ...line, from: at.from, to: at.to }));
    return { from: at.from, to: at.to, lines, open: [] };
  }
  if (whole === 'to') {
    const torn = first !== undefined && last !== first && at.from > at.start;
    const kept = torn ? pieces.slice(1) : pieces;
    return openEnd(page, kept, kept[0]?.from ?? at.from, shown);
  }
  const torn = last !== undefined && last !== first && !last.ends && at.to < at.end;
  if (torn) return { from: at.from, to: last.from, lines: shown(pieces.slice(0, -1)), open: [] };
  return openEnd(page, pieces, at.from, shown);
}

function openEnd(
  { at }: LogPage,
  pieces: readonly Piece[],
  from: number,
  shown: (some: readonly Piece[]) => MenuLogLine[],
): PageLines {
  const last = pieces.at(-1);
  if (last === undefined || last.ends || at.to < at.end)
    return { from, to: at.to, lines: shown(pieces), open: [] };
  return { from, to: last.from, lines: shown(pieces.slice(0, -1)), open: shown([last]) };
}

/** Bytes of one line, or of a piece of it. */
interface Piece {
  readonly from: number;
  readonly to: number;
  /** Whether it is over: with a line feed, a new boot, or because it is too long. */
  readonly ends: boolean;
}

/** Ends with line feeds, where a boot begins, and before it gets too long. */
function piecesOf({ at, bytes }: LogPage): Piece[] {
  const begins = new Set(at.boots.map(({ from }) => from - at.from));
  const pieces: Piece[] = [];
  for (let begin = 0; begin < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, begin);
    let end = feed === -1 ? bytes.length : feed + 1;
    let ends = feed !== -1;
    if (end - begin > LONGEST) {
      end = beginOfCharacter(bytes, begin + LONGEST);
      ends = true;
    }
    for (const boot of begins) {
      if (boot <= begin || boot >= end) continue;
      end = boot;
      ends = true;
    }
    pieces.push({ from: at.from + begin, to: at.from + end, ends });
    begin = end;
  }
  return pieces;
}

/** UTF-8 (RFC 3629): bytes 10xxxxxx continue a character. */
function beginOfCharacter(bytes: Buffer, at: number): number {
  let begin = at;
  while (begin > at - 4 && ((bytes[begin] ?? 0) & 0xc0) === 0x80) begin -= 1;
  return begin;
}

function textOf(
  { at, bytes }: LogPage,
  { from, to }: Piece,
  boots: readonly { readonly from: number; readonly boot: MenuBoot }[],
): MenuLogLine[] {
  const own = boots.findLast((one) => one.from <= from);
  const begins = own?.from === from && own.boot.began !== null;
  const said = bytes.toString('utf8', from - at.from, to - at.from).replace(/\n$/, '');
  return shownLines(said).map((text, index) => ({
    from,
    to,
    text,
    boot: own?.boot ?? null,
    begins: begins && index === 0,
  }));
}
