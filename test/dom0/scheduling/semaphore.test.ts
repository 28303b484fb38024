import assert from 'node:assert/strict';
import { Semaphore } from '../../../server/dom0/scheduling/semaphore.js';

describe('Semaphore', () => {
  it('lets so many in at once, the rest in order, and counts a leaving once', () => {
    const semaphore = new Semaphore(2);
    const inside: number[] = [];
    const leaves: (() => void)[] = [];
    for (let i = 0; i < 5; i++) {
      semaphore.acquire((release) => {
        inside.push(i);
        leaves[i] = release;
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
    semaphore.acquire((release) => {
      inside.push(5);
      release();
    });
    assert.deepEqual(inside, [0, 1, 2, 3, 4, 5]);
  });

  it('bears those who leave at once', () => {
    const semaphore = new Semaphore(1);
    let entered = 0;
    for (let i = 0; i < 1_000; i++) {
      semaphore.acquire((release) => {
        entered += 1;
        release();
      });
    }
    assert.equal(entered, 1_000);
  });

  it('has its place again after a fault of who was let in', () => {
    const semaphore = new Semaphore(1);
    for (let n = 0; n < 2; n += 1)
      assert.throws(() => {
        semaphore.acquire(() => {
          throw new Error('a fault of ours');
        });
      }, /a fault of ours/);
    let entered = false;
    semaphore.acquire(() => (entered = true));
    assert.ok(entered);
  });
});
