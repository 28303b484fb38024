import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { lab } from './lab/hooks.js';
import { StateWatch, statusOf } from './lab/states.js';

const MINUTES = 60_000;

describe('power on a real Xen', function () {
  this.timeout(10 * MINUTES);
  before(() => lab().renew());

  it('logs in and lists the customer’s own servers, off before anything was started', async () => {
    const { status, stdout, stderr } = await lab().ssh('alice', 'list');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /horatio.*off/);
    assert.match(stdout, /ophelia.*off/);
    assert.doesNotMatch(stdout, /yorick|router|Domain-0/);
  });

  it('starts a server and shows every byte of its boot log, from the first line to the login', async () => {
    const alice = lab().terminal('alice', 'horatio console');
    await alice.receives('off');
    const started = await lab().ssh('alice', 'horatio start --wait');
    assert.equal(started.status, 0, started.stderr);
    await alice.receives(/horatio login:/, 5 * MINUTES);
    const log = alice.raw;
    const first = log.indexOf('[    0.000000] Linux version 6.1.');
    assert.ok(first >= 0, 'the kernel’s first line');
    for (const line of [
      'Command line: console=hvc0',
      'Hypervisor detected: Xen PV',
      'Booting kernel on Xen',
      'Run /init as init process',
      'horatio is up.',
      'Welcome. Log in as root',
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
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
  });

  it('types and echoes, for two attachments over the one xl console', async () => {
    const typist = lab().terminal('alice', 'horatio console');
    typist.type('\r');
    await typist.sees('login:', MINUTES);
    typist.type('root\r');
    await typist.sees('/root #', MINUTES);
    const watcher = lab().terminal('alice', 'horatio watch');
    await watcher.sees('/root #', MINUTES);
    typist.type('echo $((6 * 7)) rosen\r');
    await typist.sees('42 rosen', MINUTES);
    await watcher.sees('42 rosen', MINUTES);
    const consoles = await lab().dom0.must('pgrep -c xenconsole\\$');
    assert.equal(consoles.trim(), '1');
    for (const client of [typist, watcher]) {
      client.type('\x1d.');
      assert.equal(await client.ends(), 0);
    }
  });

  it('reboots from outside without ever seeming off, and comes back as a new domain', async () => {
    const before = await lab().domid('horatio');
    const watch = await StateWatch.start(lab(), 'horatio');
    const { status, stderr } = await lab().ssh('alice', 'horatio reboot --wait');
    assert.equal(status, 0, stderr);
    await eventually('running to be shown', () => watch.now === 'running');
    const shown = watch.stop();
    assert.notEqual(await lab().domid('horatio'), before);
    assert.ok(!shown.includes('off'), shown.join(', '));
    assert.ok(shown.length > 1, 'something else than running was shown');
  });

  it('reboots from inside without ever seeming off, in the console of whoever is there', async () => {
    const alice = lab().terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:', 3 * MINUTES);
    alice.type('root\r');
    await alice.sees('/root #', MINUTES);
    const before = await lab().domid('horatio');
    const watch = await StateWatch.start(lab(), 'horatio');
    const received = alice.raw.length;
    alice.type('reboot\r');
    await eventually(
      'a new domid',
      async () => {
        const now = await lab().domid('horatio');
        return now !== undefined && now !== before;
      },
      { withinMs: 3 * MINUTES, everyMs: 300 },
    );
    await eventually('the login', () => alice.raw.slice(received).includes('horatio login:'), {
      withinMs: 5 * MINUTES,
    });
    assert.match(
      alice.raw.slice(received),
      /\[ {4}0\.000000\] Linux version/,
      'the boot log from its first line',
    );
    await eventually('running', async () => (await statusOf(lab(), 'alice', 'horatio')).state === 'running', {
      withinMs: MINUTES,
    });
    const shown = watch.stop();
    assert.ok(!shown.includes('off'), shown.join(', '));
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
  });

  it('shuts down, and says so only when it is gone', async () => {
    const { status, stderr } = await lab().ssh('alice', 'horatio shutdown --wait --yes');
    assert.equal(status, 0, stderr);
    assert.equal(await lab().domid('horatio'), undefined);
    assert.equal((await statusOf(lab(), 'alice', 'horatio')).state, 'off');
    const again = await lab().ssh('alice', 'horatio start --wait');
    assert.equal(again.status, 0, again.stderr);
  });

  it('powers off, also while it boots', async () => {
    const { status, stderr } = await lab().ssh('alice', 'horatio poweroff --yes --wait');
    assert.equal(status, 0, stderr);
    assert.equal(await lab().domid('horatio'), undefined);
  });

  it('is off, not vanished or rebooting, after a power-off from inside', async () => {
    assert.equal((await lab().ssh('alice', 'horatio start --wait')).status, 0);
    const alice = lab().terminal('alice', 'horatio console');
    await alice.sees('login:', 5 * MINUTES);
    alice.type('root\r');
    await alice.sees('/root #', MINUTES);
    alice.type('poweroff\r');
    await eventually('off', async () => (await statusOf(lab(), 'alice', 'horatio')).state === 'off', {
      withinMs: 3 * MINUTES,
      everyMs: 300,
    });
    assert.equal(await lab().domid('horatio'), undefined);
    assert.equal(
      (await lab().dom0.run('pgrep -f "xl create"')).status,
      1,
      'its xl process cleaned up and left',
    );
  });
});
