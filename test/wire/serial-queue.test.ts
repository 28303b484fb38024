import assert from 'node:assert/strict';
import { SerialQueue } from '../../server/wire/serial-queue.js';

describe('SerialQueue', () => {
  it('does one after the other, whatever the one before came to', async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    let release = (): void => undefined;
    const first = queue.run(async () => {
      log.push('first begins');
      await new Promise<void>((resolve) => (release = resolve));
      log.push('first ends');
      throw new Error('no');
    });
    const second = queue.run(() => {
      log.push('second');
      return Promise.resolve(2);
    });
    let isIdle = false;
    const idle = queue.idle().then(() => (isIdle = true));
    await new Promise(setImmediate);
    assert.deepEqual([log, isIdle], [['first begins'], false]);
    release();
    await assert.rejects(first, /^Error: no$/);
    assert.equal(await second, 2);
    await idle;
    assert.deepEqual(log, ['first begins', 'first ends', 'second']);
  });

  it('counts work that throws at once as failed, and is idle when nothing was asked for', async () => {
    const queue = new SerialQueue();
    await queue.idle();
    await assert.rejects(
      queue.run(() => {
        throw new Error('at once');
      }),
      /^Error: at once$/,
    );
    await queue.idle();
    assert.equal(await queue.run(() => Promise.resolve('on')), 'on');
  });
});
