import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { SYSTEM_HOST_CLOCK } from '../../../server/dom0/scheduling/host-clock.js';
import { within } from '../../../server/dom0/scheduling/time-limit.js';
import { stopThread } from '../../support/stop-thread.js';

describe('a limit for work of others', () => {
  it('is not over where this process was stopped so long', async () => {
    const waiting = within(SYSTEM_HOST_CLOCK, 500, stat('/'));
    stopThread(1_000);
    assert.notEqual(await waiting, null);
  });

  it('is over for work that does not end', async () => {
    assert.equal(await within(SYSTEM_HOST_CLOCK, 20, new Promise(() => undefined)), null);
  });
});
