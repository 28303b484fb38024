import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { PATIENCE } from './patience.js';
import { reachesStep, settlesAs } from './states.js';
import type { World } from './world.js';

/**
 * A verb, its name in the activity, the step at which the dom0 half is killed, and the allowed states
 * afterwards: the requested one, or the one before.
 */
const MIDDLES = [
  { command: 'start', said: 'started horatio', step: 'creating', then: ['running', 'off'] },
  { command: 'reboot --yes', said: 'rebooted horatio', step: 'rebooting', then: ['running'] },
  {
    command: 'rescue rescue --yes',
    said: 'booted horatio into rescue',
    step: 'shutting-down',
    then: ['running'],
  },
  {
    command: 'normal --yes',
    said: 'booted horatio back to normal',
    step: 'creating',
    then: ['running', 'off'],
  },
  { command: 'shutdown --yes', said: 'shut down horatio', step: 'shutting-down', then: ['off', 'running'] },
  { command: 'poweroff --yes', said: 'powered off horatio', step: 'powering-off', then: ['off'] },
] as const;

/** `kill -9` of the dom0 half in the middle of each verb. One story: each case continues the last. */
export function killedCases(world: () => World): void {
  for (const { command, said, step, then } of MIDDLES) {
    const verb = command.split(' ')[0] ?? '';
    it(`kill -9 in the middle of ${verb}: it is finished or undone, and nothing stays half-done`, async () => {
      if (verb !== 'start') await runs();
      const asked = await world().ssh('alice', `horatio ${command}`);
      assert.equal(asked.status, 0, asked.stderr);
      await reachesStep(world(), 'horatio', step);
      await world().killDom0Half();
      const { state } = await settlesAs(world(), 'horatio', then);
      const { stdout } = await world().xl('list');
      if (state === 'off') assert.doesNotMatch(stdout, /horatio/);
      else assert.match(stdout, /^horatio +\d+ +\d+ +\d+ +[r-][b-]---- /m, 'neither paused nor ending');
      await eventually(
        'the xl process of what runs alone',
        async () => (await world().xlProcesses('horatio')).length === (state === 'off' ? 0 : 1),
        { withinMs: PATIENCE.soon },
      );
      await eventually(
        'its outcome in the activity',
        async () => {
          const { stdout } = await world().ssh('alice', 'activity');
          return new RegExp(`${said}: (done|failed|overtaken)`).test(stdout);
        },
        { withinMs: PATIENCE.soon, everyMs: 200, slowestMs: 2_000 },
      );
    });
  }

  const runs = async (): Promise<void> => {
    const { status, stderr } = await world().ssh('alice', 'horatio start --wait');
    assert.equal(status, 0, stderr);
  };
}
