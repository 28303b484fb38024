import assert from 'node:assert/strict';
import { bootsAgain, isAtLogin, leave, logIn, seesPrompt, shows } from './guest.js';
import { PATIENCE } from './patience.js';
import { printedNumbers } from './printed-numbers.js';
import { StateWatch, isReborn, settlesAs, statusOf } from './states.js';
import type { TerminalClient } from '../support/terminal-client.js';
import type { World } from './world.js';

const LINES = 1_000;

/**
 * PVH servers: hamlet boots by a kernel of the host and restarts after a crash, laertes boots by GRUB. The profile `rescue` is a kernel of the
 * host, `grub-rescue` has a GRUB image for each type, and `pvgrub-rescue` has none for PVH. One story: each case
 * continues the last. A boot takes twice a PV server's time in emulation, so there are few.
 */
export function pvhCases(world: () => World): void {
  const does = async (command: string): Promise<void> => {
    const { status, stderr } = await world().ssh('alice', command);
    assert.equal(status, 0, `${command}: ${stderr}`);
  };
  const console = (domain: string): TerminalClient => world().terminal('alice', `${domain} console`);
  const profileOf = async (domain: string): Promise<string> =>
    (await settlesAs(world(), domain, ['running'])).profile;
  /** Prints numbers that are this boot's alone, and waits until the last was shown. */
  const counts = async (alice: TerminalClient, boot: number): Promise<void> => {
    alice.type(`seq ${first(boot)} ${last(boot)}\r`);
    await shows(alice, new RegExp(`^${last(boot)}\n[^]*# *$`, 'm'), PATIENCE.down);
  };

  it('by a kernel of the host: it starts, its console types and echoes, and it reboots from inside', async () => {
    const alice = console('hamlet');
    await does('hamlet start --wait');
    assert.match((await world().xl('list', '-l', 'hamlet')).stdout, /"type": "pvh"/);
    await logIn(alice);
    assert.equal(await profileOf('hamlet'), 'normal');
    await counts(alice, 1);
    const before = await world().domid('hamlet');
    const watch = await StateWatch.start(world(), 'hamlet');
    const received = alice.raw.length;
    alice.type('reboot\r');
    await isReborn(world(), 'hamlet', before);
    await bootsAgain(alice, received, 'hamlet login:');
    await settlesAs(world(), 'hamlet', ['running']);
    const shown = watch.stop();
    assert.ok(!shown.includes('off'), shown.join(', '));
    await logIn(alice);
    await counts(alice, 2);
    await leave(alice);
  });

  it('a crash restarts it, as its file says, and it never seems off', async () => {
    const alice = console('hamlet');
    await seesPrompt(alice);
    const before = await world().domid('hamlet');
    const watch = await StateWatch.start(world(), 'hamlet');
    const received = alice.raw.length;
    alice.type('echo c > /proc/sysrq-trigger\r');
    await alice.receives('Kernel panic - not syncing: sysrq triggered crash', PATIENCE.soon);
    await isReborn(world(), 'hamlet', before);
    await bootsAgain(alice, received, 'hamlet login:');
    const shown = watch.stop();
    assert.ok(!shown.includes('off'), shown.join(', '));
    await logIn(alice);
    await counts(alice, 3);
    await leave(alice);
  });

  it('what boots PV servers alone is refused, and nothing was done', async () => {
    await settlesAs(world(), 'hamlet', ['running']);
    const before = await world().domid('hamlet');
    const { status, stderr } = await world().ssh('alice', 'hamlet rescue pvgrub-rescue --yes --wait');
    assert.equal(status, 3, stderr);
    assert.match(stderr, /hamlet is PVH, and the boot profile pvgrub-rescue is for PV only\./);
    assert.equal(await world().domid('hamlet'), before);
    assert.equal((await statusOf(world(), 'alice', 'hamlet')).state, 'running');
  });

  it('xl migrate to the same host: it runs on, its console goes on and says so, and its log stays one boot', async () => {
    const alice = console('hamlet');
    await seesPrompt(alice);
    const before = await world().domid('hamlet');
    const { since } = await statusOf(world(), 'alice', 'hamlet');
    const watch = await StateWatch.start(world(), 'hamlet');
    const moved = await world().migrateWithin('hamlet');
    assert.equal(moved.status, 0, moved.stderr);
    await alice.receives('hamlet was moved within its host, and goes on', PATIENCE.down);
    assert.notEqual(await world().domid('hamlet'), before);
    alice.type('\r');
    await shows(alice, /(?:login:|#) *$/);
    // A simulated guest leaves its memory behind.
    if (isAtLogin(alice)) await logIn(alice);
    alice.type('echo goes on $((6*7))\r');
    await shows(alice, /^goes on 42\n/m);
    assert.deepEqual([...new Set(watch.stop())], ['running']);
    const now = await settlesAs(world(), 'hamlet', ['running']);
    assert.deepEqual([now.profile, now.since], ['normal', since]);
    await leave(alice);
  });

  it('it shuts down when it is asked, and its log has every line of its three boots once', async () => {
    await does('hamlet shutdown --yes --wait');
    assert.equal(await world().domid('hamlet'), undefined);
    const { status, stdout, stderr } = await world().ssh('alice', 'hamlet log --raw --lines 1000000');
    assert.equal(status, 0, stderr);
    const [before, ...boots] = stdout.split('[    0.000000] Linux version ');
    assert.equal(before, '', 'the log begins with the first byte of the first boot');
    assert.equal(boots.length, 3);
    boots.forEach((said, index) => {
      const numbers = printedNumbers(said);
      const expected = Array.from({ length: LINES }, (_, at) => String(first(index + 1) + at));
      assert.deepEqual(numbers, expected, `boot ${index + 1}`);
    });
  });

  it('by a kernel of the host it is rescued, with its own disk', async () => {
    await does('hamlet rescue rescue --yes --wait');
    const alice = console('hamlet');
    await alice.receives('RESCUE MODE', PATIENCE.boot);
    assert.equal(await profileOf('hamlet'), 'rescue');
    alice.type('\r');
    await seesPrompt(alice);
    alice.type('mount /dev/xvda /mnt; cat /mnt/etc/hostname; umount /mnt\r');
    await shows(alice, /^hamlet$/m);
    await leave(alice);
    await does('hamlet poweroff --yes --wait');
  });

  it('by GRUB: the rescue disk’s menu is on its console, and a normal boot from there boots its own disk by its own GRUB', async () => {
    await does('laertes rescue grub-rescue --yes --wait');
    const alice = console('laertes');
    await alice.sees(/Normal boot[^]*\*Rescue system[^]*Installer/, PATIENCE.boot);
    assert.equal(await profileOf('laertes'), 'grub-rescue');
    alice.type('\x1b[A');
    await alice.sees(/\*Normal boot/, PATIENCE.soon);
    alice.type('\r');
    await logIn(alice);
    await leave(alice);
    await does('laertes poweroff --yes --wait');
  });
}

const first = (boot: number): number => boot * 100_000 + 1;
const last = (boot: number): number => boot * 100_000 + LINES;
