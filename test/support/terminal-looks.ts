import type { Terminal } from '@xterm/headless';

/** All that a person sees, and what decides over what the next byte does. */
export function looksOf(of: Terminal): unknown {
  const buffer = of.buffer.active;
  const rows = [];
  for (let y = 0; y < of.rows; y++) {
    const line = buffer.getLine(buffer.baseY + y)!;
    const cells = [];
    for (let x = 0; x < of.cols; x++) {
      const cell = line.getCell(x)!;
      // The second half of a wide character may outlive the first in the emulator; nobody can see it.
      const chars = cell.getChars() === '' ? ' ' : cell.getChars();
      const shown =
        chars === ' ' && cell.isInverse() === 0 && cell.isUnderline() === 0 && cell.isStrikethrough() === 0;
      const front = shown
        ? ''
        : `${cell.getFgColorMode()}/${cell.getFgColor()}/${cell.isBold()}${cell.isUnderline()}${cell.isItalic()}`;
      cells.push(`${chars}|${front}|${cell.getBgColorMode()}/${cell.getBgColor()}/${cell.isInverse()}`);
    }
    rows.push(cells);
  }
  const { cursorX, cursorY, type } = buffer;
  return { rows, cursorX, cursorY, type, modes: of.modes };
}
