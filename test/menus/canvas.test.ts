import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Canvas } from '../../menus/canvas.js';
import { columnsOf } from '../../menus/printable-text.js';
import { propertyRuns } from '../support/property-runs.js';

function lines(canvas: Canvas): string[] {
  return canvas.frame(true, 0).lines.map((line) => line.map((run) => run.text).join(''));
}

describe('canvas', () => {
  it('leaves no half of a wide character behind', () => {
    const canvas = new Canvas(6, 3, 'utf-8');
    canvas.put(0, 0, '漢字漢');
    canvas.put(0, 0, 'a');
    canvas.put(3, 0, 'b');
    assert.equal(lines(canvas)[0], 'a  b漢');
    canvas.put(0, 1, '漢字漢');
    canvas.put(1, 1, '한');
    assert.equal(lines(canvas)[1], ' 한 漢');
  });

  it('puts nothing outside, and says how much it used', () => {
    const canvas = new Canvas(5, 2, 'utf-8');
    assert.equal(canvas.put(3, 0, 'abc'), 2);
    assert.equal(canvas.put(5, 0, 'abc'), 0);
    assert.equal(canvas.put(0, 2, 'abc'), 0);
    assert.equal(canvas.put(-1, 0, 'abc'), 0);
    assert.equal(canvas.putRight(5, 1, 'ab'), 2);
    assert.deepEqual(lines(canvas), ['   a…', '   ab']);
  });

  it('is as wide as it was made, whatever is put on it', () => {
    const text = fc.string({ unit: fc.constantFrom('漢', 'a', '한', '\u0301', '\x1b', '…'), maxLength: 12 });
    const place = fc.integer({ min: -3, max: 14 });
    const put = fc.tuple(fc.constantFrom('put', 'right', 'box', 'fill'), place, place, text);
    fc.assert(
      fc.property(
        fc.array(put, { maxLength: 12 }),
        fc.constantFrom('utf-8' as const, 'ascii' as const),
        (puts, charset) => {
          const canvas = new Canvas(11, 6, charset);
          for (const [how, column, row, what] of puts) {
            if (how === 'put') canvas.put(column, row, what, 'strong');
            else if (how === 'right') canvas.putRight(column, row, what);
            else if (how === 'box') canvas.box(column, row, what.length, 3, what);
            else canvas.fill(column, row, what.length, 'bar');
          }
          for (const line of lines(canvas)) assert.equal(columnsOf(line), 11, JSON.stringify(line));
        },
      ),
      propertyRuns('a canvas', 500, 20_000),
    );
  });
});
