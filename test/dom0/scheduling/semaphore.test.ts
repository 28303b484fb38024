import assert from 'node:assert/strict';
import { Semaphore } from '../../../server/dom0/scheduling/semaphore.js';

describe('Turnstile', () => {
  it('lets so many in at once, the rest in order, and counts a leaving once', () => {
    const turnstile = new Semaphore(2);
    const inside: number[] = [];
    const leaves: (() => void)[] = [];
    for (let i = 0; i < 5; i++) {
      turnstile.acquire((leave) => {
        inside.push(i);
        leaves[i] = leave;
      });
    }
    assert.deepEqual(inside, [0, 1]);
    leaves[1]!();
    leaves[1]!();
    assert.deepEqual(inside, [0, 1, 2]);
    leaves[0]!();
    leaves[2]!();
    leaves[3]!();
    leaves[4]!();
    turnstile.acquire((leave) => {
      inside.push(5);
      leave();
    });
    assert.deepEqual(inside, [0, 1, 2, 3, 4, 5]);
  });

  it('bears those who leave at once', () => {
    const turnstile = new Semaphore(1);
    let entered = 0;
    for (let i = 0; i < 1_000; i++) {
      turnstile.acquire((leave) => {
        entered += 1;
        leave();
      });
    }
    assert.equal(entered, 1_000);
  });

  it('has its place again after a fault of who was let in', () => {
    const turnstile = new Semaphore(1);
    for (let n = 0; n < 2; n += 1)
      assert.throws(() => {
        turnstile.acquire(() => {
          throw new Error('a fault of ours');
        });
      }, /a fault of ours/);
    let entered = false;
    turnstile.acquire(() => (entered = true));
    assert.ok(entered);
  });
});
