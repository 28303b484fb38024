import type { Terminal } from '@xterm/headless';
import { replaceUnprintable } from '../../../policy/printable.js';
import { SCREEN_TEXT_LINES } from '../../wire/console.js';
import type { ScreenText } from '../../wire/console.js';
import type { ScreenLines } from '../../wire/screen.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';
import { internalsOf } from './emulator-internals.js';

/**
 * The text on an emulator's screen around its cursor. Wide characters and combining marks stay, because a
 * guest may show them. A character that does not print becomes `?`, so that no column moves to the left.
 */
export function screenText(terminal: Terminal): ScreenText {
  const buffer = terminal.buffer.active;
  const row = buffer.cursorY;
  const line = (y: number, end?: number): string => lineOf(terminal, y, end);
  const lines: string[] = [];
  for (let y = Math.max(0, row - SCREEN_TEXT_LINES + 1); y < row; y += 1) lines.push(line(y));
  lines.push(line(row, buffer.cursorX));
  let below = false;
  for (let y = row + 1; y < terminal.rows; y += 1) below ||= line(y) !== '';
  return { lines, below, alternate: buffer.type === 'alternate' };
}

/** All text on an emulator's screen, in the same form, without the blanks at the end of a line. */
export function screenLines(terminal: Terminal): ScreenLines {
  const { cols, rows } = terminal;
  const { cursorX, cursorY, type } = terminal.buffer.active;
  const lines = Array.from({ length: rows }, (_, y) => lineOf(terminal, y).replace(/ +$/, ''));
  // After the last column was written the emulator's cursor stands beyond it.
  const column = Math.min(cursorX, cols - 1);
  const visible = !internalsOf(terminal).coreService.isCursorHidden;
  return { cols, rows, lines, cursor: { row: cursorY, column, visible }, alternate: type === 'alternate' };
}

/** @param end the column to end before; without it the line ends at its last written column */
function lineOf(terminal: Terminal, y: number, end?: number): string {
  const { active } = terminal.buffer;
  const text = active.getLine(active.baseY + y)?.translateToString(end === undefined, 0, end) ?? '';
  // Replace after the cut: half of a pair of surrogates becomes `?`.
  return replaceUnprintable(text.slice(0, TEXT_LIMITS.screenLine), '?');
}
