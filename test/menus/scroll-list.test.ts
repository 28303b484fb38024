import assert from 'node:assert/strict';
import { Canvas } from '../../menus/canvas.js';
import { drawBlocks, drawLines } from '../../menus/scroll-list.js';
import type { Block } from '../../menus/scroll-list.js';

const AREA = { left: 0, width: 20, top: 2, bottom: 12 };

describe('a list that scrolls', () => {
  for (const [count, selected] of [
    [3, 1],
    [10, 0],
    [5_000, 0],
    [5_000, 2_500],
    [5_000, 4_999],
  ] as const)
    it(`of ${count} lines looks as with all of them made, and makes what fits: ${selected} is selected`, () => {
      const canvases = [0, 1].map(() => new Canvas(20, 14, 'ascii')) as [Canvas, Canvas];
      const block =
        (canvas: Canvas) =>
        (at: number): Block => ({
          id: `line ${at}`,
          height: 1,
          draw: (row, _line, isSelected) => {
            canvas.put(0, row, `${isSelected ? '>' : ' '} line ${at}`, 'plain');
          },
        });
      const made: number[] = [];
      drawLines(canvases[0], AREA, count, selected, (at) => {
        made.push(at);
        return block(canvases[0])(at);
      });
      const all = Array.from({ length: count }, (_, at) => block(canvases[1])(at));
      drawBlocks(canvases[1], AREA, all, `line ${selected}`);
      assert.deepEqual(canvases[0].frame(true, 0), canvases[1].frame(true, 0));
      assert.equal(made.length, Math.min(count, AREA.bottom - AREA.top));
    });
});
