import assert from 'node:assert/strict';
import { DueTimer } from '../../../server/gate/access/due-timer.js';
import { eventually } from '../../support/eventually.js';

describe('gate: the timer of what is due', () => {
  it('logs a fault of whoever it wakes, and wakes them again', async () => {
    const logged: object[] = [];
    let woken = 0;
    let now = 0;
    const timer = new DueTimer(
      () => now,
      () => {
        woken += 1;
        // The second time it does not wait: the clock has moved on.
        now += 2_000;
        if (woken < 3) throw new Error('a fault of ours');
      },
      { error: (fields) => logged.push(fields) },
    );
    timer.at(0);
    await eventually('it to be woken', () => woken === 3);
    assert.equal(logged.length, 2);
    timer.close();
  });
});
