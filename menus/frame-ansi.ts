import { isSameCursor, isSameGround, isSameLine } from './frame.js';
import type { Frame, Run } from './frame.js';
import { depthOf, lookOf } from './palette.js';
import type { Depth, Look } from './palette.js';

/**
 * Paints frames with plain control sequences, without blessed: the first screen of a session, and all
 * until its first key. Nine tenths of what a session costs is blessed (house rule 6).
 */

/** Terminals without an alternate screen. */
const ONE_SCREEN = /^(vt100|linux|dumb)/;
const ESC = '\x1b';
const RESET = `${ESC}[m`;
/** Everything blank, in the terminal's own colours. */
export const WIPE = `${ESC}[H${ESC}[2J`;

/**
 * Takes the terminal: alternate screen, no cursor, cursor keys as they come, pasted text in brackets (so that
 * nothing pasted is ever taken for keys).
 */
export function enterScreen(term: string): string {
  const alternate = ONE_SCREEN.test(term) ? '' : `${ESC}[?1049h`;
  return `${alternate}${ESC}[?1l${ESC}>${ESC}(B\x0f${RESET}${ESC}[r${ESC}[?7h${ESC}[?25l${ESC}[?2004h${WIPE}`;
}

/** Gives the terminal back as it was. */
export function leaveScreen(term: string): string {
  const end = ONE_SCREEN.test(term) ? WIPE : `${WIPE}${ESC}[?1049l`;
  return `${ESC}[?2004l${RESET}${end}${ESC}[?25h`;
}

function cup(column: number, row: number): string {
  return `${ESC}[${row + 1};${column + 1}H`;
}

/** The cursor where it is typed, hidden otherwise. */
export function cursorSequence(frame: Frame): string {
  const { cursor } = frame;
  return cursor === null ? '' : `${cup(cursor.column, cursor.row)}${ESC}[?25h`;
}

export const HIDE_CURSOR = `${ESC}[?25l`;

export class AnsiPainter {
  readonly #term: string;
  #shown: Frame | null = null;

  constructor(term: string) {
    this.#term = term;
  }

  get shown(): Frame | null {
    return this.#shown;
  }

  /** @returns what brings the screen from the frame painted last to this one; empty when they are the same */
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

/** A line without its plain blank end, which is erased instead. */
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
