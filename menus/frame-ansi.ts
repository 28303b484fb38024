import { isSameCursor, isSameGround, isSameLine } from './frame.js';
import type { Frame, Run } from './frame.js';
import { depthOf, lookOf } from './palette.js';
import type { Depth, Look } from './palette.js';

/**
 * Paints frames with plain control sequences, without blessed: a session's screens until its first key.
 * Blessed is nine tenths of a session's cost (house rule 6).
 */

/** Terminals without an alternate screen. */
const ONE_SCREEN = /^(vt100|linux|dumb)/;
const ESC = '\x1b';
const RESET = `${ESC}[m`;
/** Clears the screen in the terminal's own colours. */
export const WIPE = `${ESC}[H${ESC}[2J`;

/**
 * Takes the terminal: alternate screen, hidden cursor, normal cursor keys, bracketed paste (so that pasted
 * text is never taken for keys).
 */
export function enterScreen(term: string): string {
  const alternate = ONE_SCREEN.test(term) ? '' : `${ESC}[?1049h`;
  return `${alternate}${ESC}[?1l${ESC}>${ESC}(B\x0f${RESET}${ESC}[r${ESC}[?7h${ESC}[?25l${ESC}[?2004h${WIPE}`;
}

/** Restores the terminal. */
export function leaveScreen(term: string): string {
  const end = ONE_SCREEN.test(term) ? WIPE : `${WIPE}${ESC}[?1049l`;
  return `${ESC}[?2004l${RESET}${end}${ESC}[?25h`;
}

function cup(column: number, row: number): string {
  return `${ESC}[${row + 1};${column + 1}H`;
}

/** Shows the cursor where text is typed; empty when the frame has no cursor. */
export function cursorSequence(frame: Frame): string {
  const { cursor } = frame;
  return cursor === null ? '' : `${cup(cursor.column, cursor.row)}${ESC}[?25h`;
}

export const HIDE_CURSOR = `${ESC}[?25l`;

/** Paints frames: the first one completely, then only the lines that differ. */
export class AnsiPainter {
  readonly #term: string;
  #shown: Frame | null;

  /** @param shown the frame that is on the terminal now; null when it is another's */
  constructor(term: string, shown: Frame | null = null) {
    this.#term = term;
    this.#shown = shown;
  }

  get shown(): Frame | null {
    return this.#shown;
  }

  /** @returns the output that turns the last painted frame into this one; empty when they are equal */
  paint(frame: Frame): string {
    const before = this.#shown;
    this.#shown = frame;
    const depth = depthOf(this.#term, frame.colour);
    if (before === null || !isSameGround(before, frame)) {
      const lines = frame.lines.map((line, row) => paintLine(line, row, depth)).join('');
      return `${HIDE_CURSOR}${RESET}${WIPE}${lines}${cursorSequence(frame)}`;
    }
    const lines = frame.lines
      .map((line, row) => (isSameLine(line, before.lines[row]) ? '' : paintLine(line, row, depth)))
      .join('');
    if (lines === '' && isSameCursor(before, frame)) return '';
    return `${HIDE_CURSOR}${lines}${cursorSequence(frame)}`;
  }
}

/** Writes a line without its blank end, which is erased instead. */
function paintLine(line: readonly Run[], row: number, depth: Depth): string {
  let out = cup(0, row);
  line.forEach((run, at) => {
    const last = at === line.length - 1;
    const text = last && run.style === 'plain' ? run.text.trimEnd() : run.text;
    const sgr = sgrOf(lookOf(run.style, depth));
    out += sgr === '' ? text : `${sgr}${text}${RESET}`;
    if (last && text.length < run.text.length) out += `${ESC}[K`;
  });
  return out;
}

function sgrOf(look: Look): string {
  const codes: string[] = [];
  if (look.bold) codes.push('1');
  if (look.inverse) codes.push('7');
  if (look.background !== null) codes.push(colour(look.background, 40, 48));
  if (look.foreground !== null) codes.push(colour(look.foreground, 30, 38));
  return codes.length === 0 ? '' : `${ESC}[${codes.join(';')}m`;
}

function colour(number: number, base: number, extended: number): string {
  return number < 8 ? `${base + number}` : `${extended};5;${number}`;
}
