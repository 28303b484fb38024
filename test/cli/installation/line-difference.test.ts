import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lineDifference } from '../../../server/cli/installation/line-difference.js';
import { propertyRuns } from '../../support/property-runs.js';

describe('setup: the difference of two texts', () => {
  it('is the lines that only one has', () => {
    assert.deepEqual(lineDifference('a\nb\nc\n', 'a\nx\nc\nd\n'), ['- b', '+ x', '+ d']);
    assert.deepEqual(lineDifference('a\n', 'a\n'), []);
  });

  it('makes the one of the other', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (first, second) => {
        const difference = lineDifference(first.join('\n'), second.join('\n'));
        const gone = difference.filter((line) => line.startsWith('- ')).length;
        const come = difference.filter((line) => line.startsWith('+ ')).length;
        const length = (text: string): number => text.split('\n').length;
        assert.equal(length(first.join('\n')) - gone, length(second.join('\n')) - come);
        assert.ok(difference.length > 0 === (first.join('\n') !== second.join('\n')));
      }),
      propertyRuns('the difference of two texts', 100, 10_000),
    );
  });
});
