import assert from 'node:assert/strict';
import { accessSync, readFileSync, renameSync } from 'node:fs';
import { createConnection } from 'node:net';
import { constants } from 'node:os';
import { reason } from '../../server/wire/reason.js';

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
    [failing(() => accessSync('/nowhere/x, y')), 'there is no such file or directory'],
    [failing(() => readFileSync('/')), 'it is a directory'],
    [failing(() => readFileSync('/proc/version/x')), 'a part of its path is no directory'],
    [failing(() => renameSync('/proc/version', '/tmp/version')), 'cross-device link not permitted'],
    [
      Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', errno: -constants.errno.EIO }),
      'i/o error',
    ],
    [new Error('The contract has no verbs: it is old.'), 'The contract has no verbs: it is old.'],
    ['just words', 'just words'],
  ];
  for (const [error, words] of cases) it(`is in words: ${words}`, () => assert.equal(reason(error), words));

  it('is in words for a socket', async () => {
    const error = await new Promise((resolve) => createConnection('/nowhere/socket').once('error', resolve));
    assert.equal(reason(error), 'there is no such file or directory');
  });

  it('is in words for a port that nobody listens on, and for a name that nobody knows', async () => {
    const failed = (host: string, port: number): Promise<unknown> =>
      new Promise((resolve) => createConnection({ host, port }).once('error', resolve));
    assert.equal(reason(await failed('127.0.0.1', 1)), 'nobody listens there');
    assert.match(reason(await failed('nobody.invalid', 1)), /^[a-z ]+$/);
  });
});
