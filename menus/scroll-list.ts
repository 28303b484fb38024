import type { Canvas } from './canvas.js';
import type { Entry } from './entries.js';

/** An item of one or more lines in a scrolling list. */
export interface Block {
  /** The entry's id; null when it cannot be selected. */
  readonly id: string | null;
  readonly height: number;
  /** Draws one of its lines, counted from 0. */
  readonly draw: (row: number, line: number, selected: boolean) => void;
}

export interface Area {
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
}

/** Draws as many lines as fit, and keeps the selected block visible. */
export function drawBlocks(canvas: Canvas, area: Area, blocks: readonly Block[], selected: string): void {
  const total = blocks.reduce((sum, block) => sum + block.height, 0);
  const first = firstLine(blocks, selected);
  const own = blocks.find((block) => block.id === selected)?.height ?? 1;
  const { from, to } = visibleLines(area, { total, first, own });
  let line = 0;
  for (const block of blocks) {
    for (let at = 0; at < block.height; at++, line++) {
      if (line >= from && line < to)
        block.draw(area.top + line - from, at, block.id !== null && block.id === selected);
    }
  }
  markEdges(canvas, area, from, total);
}

/**
 * The same for a list of blocks of one line each, which may be long: only what fits is made.
 *
 * @param count how many there are
 * @param selected the index of the selected one
 */
export function drawLines(
  canvas: Canvas,
  area: Area,
  count: number,
  selected: number,
  blockAt: (index: number) => Block,
): void {
  const { from, to } = visibleLines(area, { total: count, first: selected, own: 1 });
  for (let at = from; at < Math.min(to, count); at++)
    blockAt(at).draw(area.top + at - from, 0, at === selected);
  markEdges(canvas, area, from, count);
}

/**
 * Where a list is scrolled to.
 *
 * @param lines how many there are, and the first of the selected ones, with their number
 * @returns the first line in the area, and the one behind the last
 */
function visibleLines(
  area: Area,
  { total, first, own }: { readonly total: number; readonly first: number; readonly own: number },
): { readonly from: number; readonly to: number } {
  const height = Math.max(0, area.bottom - area.top);
  const middle = Math.floor((height - own) / 2);
  const from = Math.min(Math.max(0, total - height), Math.max(0, first - Math.max(0, middle)));
  return { from, to: from + height };
}

/** Marks where there is more above or below. @param from the first line that is shown, of so many */
function markEdges(canvas: Canvas, area: Area, from: number, total: number): void {
  const height = area.bottom - area.top;
  if (height <= 0) return;
  const edge = area.left + area.width - 1;
  if (from > 0) canvas.put(edge, area.top, canvas.signs.up, 'dim');
  if (from + height < total) canvas.put(edge, area.bottom - 1, canvas.signs.down, 'dim');
}

function firstLine(blocks: readonly Block[], selected: string): number {
  let line = 0;
  for (const block of blocks) {
    if (block.id === selected) return line;
    line += block.height;
  }
  return 0;
}

export const GAP: Block = { id: null, height: 1, draw: () => undefined };

/** Draws pointer, key and label, then the hint or the reason why it cannot be chosen. */
export function entryBlock(canvas: Canvas, area: Area, entry: Entry, narrow: boolean): Block {
  const labelColumns = narrow ? 16 : 17;
  return {
    id: entry.id,
    height: 1,
    draw: (row, _line, selected) => {
      const refused = entry.refused !== null;
      const style = selected ? 'selected' : refused ? 'dim' : 'plain';
      if (selected) canvas.fill(area.left, row, area.width - 1, 'selected');
      if (selected) canvas.put(area.left, row, canvas.signs.pointer, 'selected');
      canvas.put(area.left + 2, row, entry.key, selected ? 'selected' : refused ? 'dim' : 'key', 2);
      canvas.put(area.left + 5, row, entry.label, style, labelColumns - 1);
      const room = area.width - 6 - labelColumns;
      const column = area.left + 5 + labelColumns;
      if (entry.mark !== null) {
        canvas.put(column - 2, row, `${canvas.signs.no} `, style);
        canvas.put(column, row, entry.mark, style, room);
      } else if (!narrow) {
        canvas.put(column, row, entry.hint, selected ? 'selected' : 'dim', room);
      }
    },
  };
}
