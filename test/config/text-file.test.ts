import assert from 'node:assert/strict';
import { accessSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { reason } from '../../config/text-file.js';

describe('the reason for a failed system call', () => {
  const failing = (work: () => void): unknown => {
    try {
      work();
    } catch (error) {
      return error;
    }
    return assert.fail('it did not fail');
  };
  const cases: readonly (readonly [unknown, string])[] = [
    [failing(() => accessSync('/nowhere/x, y')), 'there is no such file'],
    [failing(() => readFileSync('/')), 'it is a directory'],
    [failing(() => readFileSync('/proc/version/x')), 'a part of its path is no directory'],
    [Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' }), 'i/o error'],
    [
      Object.assign(new Error("EXDEV: cross-device link not permitted, rename '/a' -> '/b'"), {
        code: 'EXDEV',
      }),
      'cross-device link not permitted',
    ],
    [new Error('The contract has no verbs: it is old.'), 'The contract has no verbs: it is old.'],
    ['just words', 'just words'],
  ];
  for (const [error, words] of cases) it(`is in words: ${words}`, () => assert.equal(reason(error), words));

  it('is in words for a socket', async () => {
    const error = await new Promise((resolve) => createConnection('/nowhere/socket').once('error', resolve));
    assert.equal(reason(error), 'there is no such file');
  });
});
