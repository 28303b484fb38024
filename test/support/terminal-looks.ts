import type { IBufferCell, Terminal } from '@xterm/headless';

/** Properties that the emulator's API does not offer (@xterm/headless 6.0). */
interface HiddenCell {
  getUnderlineStyle?(): number;
  getUnderlineColor?(): number;
}
interface HiddenTerminal {
  readonly _core: { readonly coreService: { readonly isCursorHidden: boolean } };
}

/**
 * Everything visible, and the state that decides what the next byte does. A row is one text, with a line for each
 * cell: tests compare millions of cells.
 */
export function looksOf(of: Terminal): unknown {
  const buffer = of.buffer.active;
  const rows = [];
  const cell = buffer.getNullCell();
  for (let y = 0; y < of.rows; y++) {
    const line = buffer.getLine(buffer.baseY + y)!;
    let cells = '';
    for (let x = 0; x < of.cols; x++) {
      line.getCell(x, cell);
      cells += `${looksOfCell(cell)}\n`;
    }
    rows.push(cells);
  }
  const { cursorY, type } = buffer;
  // After the last column the cursor waits to wrap, however far it is.
  const cursorX = Math.min(buffer.cursorX, of.cols);
  const hidden = (of as unknown as HiddenTerminal)._core.coreService.isCursorHidden;
  // Output that is held back for a while does not matter: it is shown in the end.
  const modes = { ...of.modes, synchronizedOutputMode: false };
  return { rows, cursorX, cursorY, type, hidden, modes, lineFeedReturns: of.options.convertEol === true };
}

function looksOfCell(cell: IBufferCell): string {
  // In the emulator the second half of a wide character may outlive the first. Nobody can see it.
  const chars = cell.getChars() || ' ';
  if (cell.isAttributeDefault()) return chars === ' ' ? ' ||0/-1/0' : `${chars}|0/-1/0000000/0/0|0/-1/0`;
  const lines = underlineOf(cell) + cell.isStrikethrough() + cell.isOverline();
  const isBare = chars === ' ' && cell.isInverse() === 0 && lines === 0;
  return `${chars}|${isBare ? '' : frontOf(cell)}|${cell.getBgColorMode()}/${cell.getBgColor()}/${cell.isInverse()}`;
}

function underlineOf(cell: IBufferCell): number {
  return cell.isUnderline() === 0 ? 0 : ((cell as HiddenCell).getUnderlineStyle?.() ?? 1);
}

function frontOf(cell: IBufferCell): string {
  const style = underlineOf(cell);
  const colour = style === 0 ? 0 : ((cell as HiddenCell).getUnderlineColor?.() ?? 0);
  const ways = [
    cell.isBold(),
    cell.isDim(),
    cell.isItalic(),
    cell.isBlink(),
    cell.isInvisible(),
    cell.isStrikethrough(),
    cell.isOverline(),
  ].map((way) => (way === 0 ? 0 : 1));
  return `${cell.getFgColorMode()}/${cell.getFgColor()}/${ways.join('')}/${style}/${colour}`;
}
