import type { Terminal } from '@xterm/headless';
import { replaceUnprintable } from '../../../policy/printable.js';
import { SCREEN_TEXT_LINES } from '../../wire/console.js';
import type { ScreenText } from '../../wire/console.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';

/**
 * The text on an emulator's screen around its cursor. Wide characters and combining marks stay, because a
 * guest may show them. A character that does not print becomes `?`, so that no column moves to the left.
 */
export function screenText(terminal: Terminal): ScreenText {
  const buffer = terminal.buffer.active;
  const row = buffer.cursorY;
  const line = (y: number, end?: number): string =>
    replaceUnprintable(
      buffer.getLine(buffer.baseY + y)?.translateToString(end === undefined, 0, end) ?? '',
      '?',
    ).slice(0, TEXT_LIMITS.screenLine);
  const lines: string[] = [];
  for (let y = Math.max(0, row - SCREEN_TEXT_LINES + 1); y < row; y += 1) lines.push(line(y));
  lines.push(line(row, buffer.cursorX));
  let below = false;
  for (let y = row + 1; y < terminal.rows; y += 1) below ||= line(y) !== '';
  return { lines, below, alternate: buffer.type === 'alternate' };
}
