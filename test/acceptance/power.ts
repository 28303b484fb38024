import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { bootsAgain, hasBooted, leave, logIn, seesPrompt, shows } from './guest.js';
import { PATIENCE } from './patience.js';
import { StateWatch, isReborn, settlesAs, statusOf } from './states.js';
import type { World } from './world.js';

/**
 * Starting, stopping and rebooting, from outside and from inside, as the customer sees it. One story: each
 * case continues the last.
 */
export function powerCases(world: () => World): void {
  it('logs in and lists the customer’s own servers, off before anything was started', async () => {
    const { status, stdout, stderr } = await world().ssh('alice', 'list');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /horatio.*off/);
    assert.match(stdout, /ophelia.*off/);
    assert.doesNotMatch(stdout, /yorick|router|Domain-0/);
  });

  it('starts a server and shows every byte of its boot log, from the first line to the login', async () => {
    const alice = world().terminal('alice', 'horatio console');
    await alice.receives('off', PATIENCE.soon);
    const started = await world().ssh('alice', 'horatio start --wait');
    assert.equal(started.status, 0, started.stderr);
    await shows(alice, /horatio login:/, PATIENCE.boot);
    const log = alice.raw;
    const first = log.indexOf('[    0.000000] Linux version 6.');
    assert.ok(first >= 0, 'the kernel’s first line');
    for (const line of [
      'Command line: console=hvc0',
      'Hypervisor detected: Xen PV',
      'Booting kernel on Xen',
      'Run /init as init process',
    ]) {
      assert.ok(log.indexOf(line) > first, line);
    }
    const dmesg = log
      .split('\n')
      .map((line) => /^\[ *(\d+\.\d{6})\] /.exec(line)?.[1])
      .filter((time) => time !== undefined);
    assert.ok(dmesg.length > 100, `${dmesg.length} lines of the kernel's`);
    assert.ok(
      dmesg.every((time, row) => row === 0 || Number(time) >= Number(dmesg[row - 1])),
      'in their order, none twice',
    );
    await leave(alice);
  });

  it('types and echoes, for two attachments over the one xl console', async () => {
    const typist = world().terminal('alice', 'horatio console');
    await logIn(typist);
    const watcher = world().terminal('alice', 'horatio watch');
    await seesPrompt(watcher);
    typist.type('echo $((6 * 7)) rosen\r');
    await shows(typist, /42 rosen/);
    await shows(watcher, /42 rosen/);
    watcher.type('echo from the watcher\r');
    typist.type('echo from the typist\r');
    await shows(watcher, /^from the typist/m);
    assert.doesNotMatch(typist.screen, /from the watcher/);
    await leave(typist, watcher);
  });

  it('reboots from outside without ever seeming off, and comes back as a new domain', async () => {
    const before = await world().domid('horatio');
    const watch = await StateWatch.start(world(), 'horatio');
    const { status, stderr } = await world().ssh('alice', 'horatio reboot --wait');
    assert.equal(status, 0, stderr);
    await eventually('running to be shown', () => watch.now === 'running', { withinMs: PATIENCE.soon });
    const shown = watch.stop();
    assert.notEqual(await world().domid('horatio'), before);
    assert.ok(!shown.includes('off'), shown.join(', '));
    assert.ok(shown.length > 1, 'something else than running was shown');
  });

  it('reboots from inside without ever seeming off, in the console of whoever is there', async () => {
    const alice = world().terminal('alice', 'horatio console');
    await logIn(alice);
    const before = await world().domid('horatio');
    const watch = await StateWatch.start(world(), 'horatio');
    const received = alice.raw.length;
    alice.type('reboot\r');
    await isReborn(world(), 'horatio', before);
    await bootsAgain(alice, received, 'horatio login:');
    await settlesAs(world(), 'horatio', ['running']);
    const shown = watch.stop();
    assert.ok(!shown.includes('off'), shown.join(', '));
    await leave(alice);
  });

  it('shuts down, and says so only when it is gone', async () => {
    const { status, stderr } = await world().ssh('alice', 'horatio shutdown --wait --yes');
    assert.equal(status, 0, stderr);
    assert.equal(await world().domid('horatio'), undefined);
    assert.equal((await statusOf(world(), 'alice', 'horatio')).state, 'off');
    const again = await world().ssh('alice', 'horatio start --wait');
    assert.equal(again.status, 0, again.stderr);
  });

  it('powers off, also while it boots', async () => {
    const { status, stderr } = await world().ssh('alice', 'horatio poweroff --yes --wait');
    assert.equal(status, 0, stderr);
    assert.equal(await world().domid('horatio'), undefined);
  });

  it('is off, not vanished or rebooting, after a power-off from inside', async () => {
    assert.equal((await world().ssh('alice', 'horatio start --wait')).status, 0);
    await hasBooted(world(), 'horatio');
    const alice = world().terminal('alice', 'horatio console');
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
}
