import assert from 'node:assert/strict';
import fc from 'fast-check';
import { matchesGlob } from '../../policy/glob.js';

describe('matchesGlob', () => {
  it('agrees with the same glob as a regular expression', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
    fc.assert(
      fc.property(glob, text, (pattern, name) => {
        const expression = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        assert.equal(matchesGlob(pattern, name), new RegExp(`^${expression}$`).test(name));
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes no longer for a pattern made to be slow', () => {
    const started = process.hrtime.bigint();
    assert.equal(matchesGlob('*a'.repeat(30) + 'b', 'a'.repeat(63)), false);
    assert.ok(process.hrtime.bigint() - started < 100_000_000n);
  });
});
