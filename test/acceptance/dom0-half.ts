import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { hasBooted, leave, logIn, seesLogin } from './guest.js';
import { PATIENCE } from './patience.js';
import { StateWatch, isReborn, settlesAs } from './states.js';
import type { World } from './world.js';

/**
 * Stopping, upgrading or killing the dom0 half takes nothing from a running server. One story: each case
 * continues the last.
 */
export function dom0HalfCases(world: () => World): void {
  const start = async (): Promise<void> => {
    const { status, stderr } = await world().ssh('alice', 'horatio start --wait');
    assert.equal(status, 0, stderr);
  };

  it('a restart of the dom0 half leaves the xl process of a running server, which then reboots and powers off from inside', async () => {
    await start();
    await hasBooted(world(), 'horatio');
    const alice = world().terminal('alice', 'horatio console');
    await logIn(alice);
    const processes = await world().xlProcesses('horatio');
    assert.equal(processes.length, 1);
    await world().stopDom0Half();
    await world().startDom0Half();
    assert.deepEqual(await world().xlProcesses('horatio'), processes, 'the same process');
    await eventually(
      'the console to answer again',
      () => {
        alice.type('echo $((40 + 2)) again\r');
        return alice.screen.includes('42 again');
      },
      { withinMs: PATIENCE.down, everyMs: 2000 },
    );

    const before = await world().domid('horatio');
    alice.type('reboot\r');
    await isReborn(world(), 'horatio', before);
    await hasBooted(world(), 'horatio');
    await logIn(alice);
    alice.type('poweroff\r');
    await settlesAs(world(), 'horatio', ['off']);
    assert.equal(await world().domid('horatio'), undefined);
    await eventually(
      'its xl process to have cleaned up and left',
      async () => (await world().xlProcesses('horatio')).length === 0,
      { withinMs: PATIENCE.soon, everyMs: 500 },
    );
    await leave(alice);
  });

  it('kill -9 of the dom0 half leaves the server, its xl process and its reboot', async () => {
    await start();
    const processes = await world().xlProcesses('horatio');
    const before = await world().domid('horatio');
    await world().killDom0Half();
    assert.deepEqual(await world().xlProcesses('horatio'), processes);
    assert.equal(await world().domid('horatio'), before);
    await settlesAs(world(), 'horatio', ['running']);
    const { status, stderr } = await world().ssh('alice', 'horatio reboot --wait');
    assert.equal(status, 0, stderr);
    assert.notEqual(await world().domid('horatio'), before);
  });

  it('a reboot that an operator asks for while the dom0 half is down is seen as no more than a reboot', async () => {
    const alice = world().terminal('alice', 'horatio console');
    await seesLogin(alice);
    await world().stopDom0Half();
    const before = await world().domid('horatio');
    await world().xl('reboot', 'horatio');
    await isReborn(world(), 'horatio', before);
    await world().startDom0Half();
    await settlesAs(world(), 'horatio', ['running']);
    const watch = await StateWatch.start(world(), 'horatio');
    assert.deepEqual(watch.stop(), ['running']);
    await leave(alice);
  });
}
