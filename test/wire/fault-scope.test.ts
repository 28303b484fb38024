import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { FaultScope } from '../../server/wire/fault-scope.js';

describe('wire: a fault scope', () => {
  const answered: string[] = [];
  const scope = (name: string): FaultScope =>
    new FaultScope((fault) => answered.push(`${name}: ${String(fault)}`));

  beforeEach(() => {
    answered.length = 0;
  });

  it('answers for what was begun in it, at any distance', async () => {
    const taken = await scope('alice').run(async () => {
      await delay(1);
      return new Promise((resolve) => {
        setImmediate(() => {
          resolve(FaultScope.take('late'));
        });
      });
    });
    assert.deepEqual([taken, answered], [true, ['alice: late']]);
  });

  it('answers for nothing else', () => {
    scope('alice').run(() => undefined);
    assert.deepEqual([FaultScope.take('nobody’s'), answered], [false, []]);
  });

  it('of whoever subscribed counts, not that of whoever tells', () => {
    const heard = scope('alice').run(() => FaultScope.bound((what: string) => void FaultScope.take(what)));
    scope('bob').run(() => {
      heard('news');
    });
    assert.deepEqual(answered, ['alice: news']);
  });

  it('of nobody counts for what was subscribed outside of all, and what it begins', async () => {
    let taken: boolean | null = null;
    const heard = FaultScope.bound(() => {
      setImmediate(() => {
        taken = FaultScope.take('late');
      });
    });
    scope('bob').run(heard);
    await eventually('the fault', () => taken !== null);
    assert.deepEqual([taken, answered], [false, []]);
  });

  it('whose answer throws hands that on, and does not answer for it', () => {
    const inside: boolean[] = [];
    const broken = new FaultScope(() => {
      inside.push(FaultScope.take('again'));
      throw new Error('the answer');
    });
    assert.throws(() => broken.run(() => FaultScope.take('first')), /the answer/);
    assert.deepEqual(inside, [false]);
  });
});
