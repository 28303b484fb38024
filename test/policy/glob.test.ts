import assert from 'node:assert/strict';
import fc from 'fast-check';
import { matchesGlob } from '../../policy/glob.js';
import { propertyRuns } from '../support/property-runs.js';

describe('matchesGlob', () => {
  it('agrees with the same glob as a regular expression', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
    fc.assert(
      fc.property(glob, text, (pattern, name) => {
        const expression = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        assert.equal(matchesGlob(pattern, name), new RegExp(`^${expression}$`).test(name));
      }),
      propertyRuns('globs', 5_000, 100_000),
    );
  });

  it('ends for a pattern made to be slow', () => {
    // One that tries every way would take longer than anybody waits.
    assert.equal(matchesGlob('*a'.repeat(30) + 'b', 'a'.repeat(63)), false);
  });
});
