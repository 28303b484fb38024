import assert from 'node:assert/strict';
import { CreateQueue } from '../../../server/dom0/operations/create-queue.js';

describe('the queue of creates', () => {
  const quiet = new AbortController().signal;

  it('lets one in at a time, in order, and tells the others their places', async () => {
    const queue = new CreateQueue();
    const places = new Map<string, number[]>();
    const enter = (who: string): Promise<() => void> =>
      queue.enter(quiet, (place) => {
        places.set(who, [...(places.get(who) ?? []), place]);
      });
    const leaveA = await enter('a');
    const b = enter('b');
    const c = enter('c');
    leaveA();
    leaveA();
    const leaveB = await b;
    leaveB();
    (await c)();
    assert.deepEqual(
      [...places],
      [
        ['b', [1]],
        ['c', [2, 1]],
      ],
    );
    (await enter('d'))();
  });

  it('forgets one that is called off', async () => {
    const queue = new CreateQueue();
    const leave = await queue.enter(quiet, () => undefined);
    const halt = new AbortController();
    const off = queue.enter(halt.signal, () => undefined);
    let place = 0;
    const next = queue.enter(quiet, (now) => (place = now));
    assert.equal(place, 2);
    halt.abort(new Error('off'));
    await assert.rejects(off, /off/);
    assert.equal(place, 1);
    leave();
    (await next)();
    await assert.rejects(
      queue.enter(halt.signal, () => undefined),
      /off/,
    );
  });
});
