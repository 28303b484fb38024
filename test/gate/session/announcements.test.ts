import assert from 'node:assert/strict';
import { Announcements } from '../../../server/gate/session/announcements.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';

const IN_ONE_TURN = new Slices({ now: () => 0 });

describe('announcements', () => {
  it('reach the others when one console fails, and count who reads them', async () => {
    const faults: unknown[] = [];
    const menus = { announce: (text: string) => Promise.resolve(text === 'one' ? 2 : 0) };
    const all = new Announcements(menus, (fault) => faults.push(fault), IN_ONE_TURN);
    const heard: string[] = [];
    all.onConsole(() => {
      throw new Error('gone');
    });
    all.onConsole(() => false);
    const leave = all.onConsole((text) => heard.push(text) > 0);
    assert.equal(await all.make('one'), 3);
    assert.equal(await all.toConsoles('two'), 1);
    leave();
    leave();
    assert.equal(await all.make('three'), 0);
    assert.deepEqual(heard, ['one', 'two']);
    assert.equal(faults.length, 3);
  });

  it('come to each console in their order, with turns for others between', async () => {
    const waiting: (() => void)[] = [];
    let now = 0;
    const slices = new Slices({
      milliseconds: 1,
      now: () => (now += 1),
      later: (work) => waiting.push(work),
    });
    const all = new Announcements({ announce: () => Promise.resolve(0) }, () => undefined, slices);
    const heard: string[] = [];
    for (const id of ['a', 'b']) all.onConsole((text) => heard.push(`${id} ${text}`) > 0);
    const told = Promise.all([all.make('one'), all.make('two')]);
    const turns = await takeTurns(waiting, () => heard.length === 4);
    assert.deepEqual(heard, ['a one', 'b one', 'a two', 'b two']);
    assert.ok(turns >= 2, `${turns} turns`);
    assert.deepEqual(await told, [2, 2]);
  });
});

/** Gives the waiting slices their turns until all is done. @returns how many */
async function takeTurns(waiting: (() => void)[], isDone: () => boolean): Promise<number> {
  for (let turns = 0; ; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (isDone()) return turns;
    waiting.shift()?.();
  }
}
