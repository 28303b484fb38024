import assert from 'node:assert/strict';
import { closest, editDistance } from '../../config/suggestion.js';
import { ACTIONS } from '../../policy/actions.js';

describe('closest', () => {
  const table: readonly (readonly [string, string | null])[] = [
    ['start', 'start'],
    ['Start', 'start'],
    ['power_off', 'poweroff'],
    ['Power Off', 'poweroff'],
    ['strat', 'start'],
    ['consol', 'console'],
    ['recsue', 'rescue'],
    ['restart', 'reboot'],
    ['destroy', 'poweroff'],
    ['DESTROY', 'poweroff'],
    ['lag', 'log'],
    ['', null],
    ['x', null],
    ['migrate', null],
    ['constructor', null],
    ['s'.repeat(100_000), null],
  ];
  for (const [word, expected] of table) {
    it(`${word.slice(0, 20)}: ${expected ?? 'nothing'}`, () => {
      assert.equal(closest(word, ACTIONS), expected);
    });
  }

  it('never suggests a word that is not allowed here', () => {
    assert.equal(closest('destroy', ['start', 'reboot']), null);
  });
});

describe('editDistance', () => {
  for (const [a, b, distance] of [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['abc', 'abcd', 1],
    ['abc', 'bc', 1],
    ['abc', 'axc', 1],
    ['kitten', 'sitting', 3],
  ] as const) {
    it(`${a || 'nothing'} to ${b || 'nothing'}: ${distance}`, () => {
      assert.deepEqual([editDistance(a, b), editDistance(b, a)], [distance, distance]);
    });
  }
});
