import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { HaltedError, unlessHalted } from '../../../server/dom0/operations/halt.js';

describe('unlessHalted', () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => {
    unhandled.push(error);
  };
  before(() => process.prependListener('unhandledRejection', note));
  beforeEach(() => (unhandled.length = 0));
  after(() => process.removeListener('unhandledRejection', note));

  it('gives the value, or the error, of what it waits for', async () => {
    const { signal } = new AbortController();
    assert.equal(await unlessHalted(Promise.resolve(7), signal), 7);
    await assert.rejects(unlessHalted(Promise.reject(new Error('EIO')), signal), /EIO/);
  });

  for (const [when, isHaltedBefore] of [
    ['before it waits', true],
    ['while it waits', false],
  ] as const)
    it(`leaves no rejection to the process when it is halted ${when} and the work fails later`, async () => {
      const halt = new AbortController();
      let fail: (error: Error) => void = () => undefined;
      const work = new Promise<void>((_, reject) => (fail = reject));
      if (isHaltedBefore) halt.abort(new HaltedError('superseded'));
      const waiting = assert.rejects(unlessHalted(work, halt.signal), HaltedError);
      halt.abort(new HaltedError('superseded'));
      await waiting;
      fail(new Error('EIO'));
      // A rejection that nobody handles is reported before the next turn.
      await turn();
      assert.deepEqual(unhandled, []);
    });
});
