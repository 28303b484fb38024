import assert from 'node:assert/strict';
import { Background } from '../../../server/gate/scheduling/background.js';

describe('work in the background', () => {
  it('takes a tenth of the time, and half a millisecond at once', () => {
    let cpu = 0;
    let rested = 0;
    let waiting: (() => void) | null = null;
    const background = new Background({
      cpu: () => cpu,
      after: (milliseconds, work) => {
        rested += milliseconds;
        waiting = work;
      },
    });
    const pieces: number[] = [];
    let steps = 0;
    let before = 0;
    const piece = (work: () => void): void => {
      before = cpu;
      work();
      pieces.push(cpu - before);
    };
    piece(() => {
      background.run(() => {
        cpu += steps === 7 ? 3 : 0.25;
        steps += 1;
        return steps < 100;
      });
    });
    for (let next = waiting as (() => void) | null; next !== null; next = waiting) {
      waiting = null;
      piece(next);
    }
    assert.equal(steps, 100);
    assert.deepEqual([...new Set(pieces)].sort(), [0.5, 3.25], 'one step may take longer');
    assert.ok(Math.abs(rested - 9 * cpu) < 9, `${rested} ms of rest for ${cpu}`);
  });

  it('does a little at once', () => {
    let isDone = false;
    new Background().run(() => {
      isDone = true;
      return false;
    });
    assert.ok(isDone);
  });
});
