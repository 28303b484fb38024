import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { lab } from './lab/hooks.js';
import { StateWatch, statusOf } from './lab/states.js';

const MINUTES = 60_000;

describe('rescue on a real Xen, by a kernel that dom0 owns', function () {
  this.timeout(15 * MINUTES);
  before(() => lab().renew());

  it('a server that does not boot is rescued, mended and boots, from the menu alone', async () => {
    const alice = lab().terminal('alice', '', ['-l', 'ophelia']);
    await alice.sees(/1\W+[Cc]onsole/, MINUTES);
    alice.type('2');
    await alice.sees('running', 3 * MINUTES);
    alice.type('1');
    await alice.receives('(initramfs)', 3 * MINUTES);
    assert.match(alice.raw, /\/dev\/xvdz does not exist/);
    alice.type('\x1d.');
    await alice.sees(/6\W+[Rr]escue/, MINUTES);

    alice.type('6');
    await alice.sees(/Rescue system/, MINUTES);
    alice.type('\r');
    await alice.sees(/type/i, MINUTES);
    alice.type('ophelia\r');
    // Process 1 is a shell: it never answers a graceful shutdown.
    await alice.sees(/power off now/i, MINUTES);
    alice.type('4');
    await alice.sees(/type/i, MINUTES);
    alice.type('ophelia\r');
    await alice.receives('RESCUE MODE', 5 * MINUTES);
    alice.type('\r');
    await alice.sees('#', MINUTES);
    for (const line of [
      'mount -t ext4 /dev/xvda /mnt',
      "sed -i 's/xvdz/xvda/' /mnt/etc/fstab",
      'cat /mnt/etc/fstab',
      'umount /mnt',
    ]) {
      alice.type(`${line}\r`);
    }
    await alice.sees('/dev/xvda / ext4', MINUTES);
  });

  it('a rescued server that reboots stays in rescue, and shows it', async () => {
    assert.equal((await statusOf(lab(), 'alice', 'ophelia')).profile, 'rescue');
    const before = await lab().domid('ophelia');
    const watch = await StateWatch.start(lab(), 'ophelia');
    const alice = lab().terminal('alice', 'ophelia console');
    await alice.sees('#', MINUTES);
    // The menu's console of the case before may still have the keyboard.
    alice.type('\x1dt');
    await alice.receives(/You have the keyboard/, MINUTES);
    await alice.seesNo(/You have the keyboard/, MINUTES);
    const received = alice.raw.length;
    alice.type('reboot\r');
    await eventually('a new boot', () => alice.raw.slice(received).includes('Linux version'), {
      withinMs: 5 * MINUTES,
    });
    await eventually(
      'the rescue system to boot again',
      () => alice.raw.slice(received).includes('RESCUE MODE'),
      { withinMs: 5 * MINUTES },
    );
    assert.match(alice.raw.slice(received), /Command line: console=hvc0 rescue/);
    assert.notEqual(await lab().domid('ophelia'), before);
    await eventually('running', async () => (await statusOf(lab(), 'alice', 'ophelia')).state === 'running', {
      withinMs: MINUTES,
    });
    assert.equal((await statusOf(lab(), 'alice', 'ophelia')).profile, 'rescue');
    assert.match((await lab().ssh('alice', 'list')).stdout, /ophelia.*rescue/);
    assert.ok(!watch.stop().includes('off'));
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
  });

  it('back to normal, the server boots the disk that was mended', async () => {
    const alice = lab().terminal('alice', 'ophelia console');
    const { status, stderr } = await lab().ssh('alice', 'ophelia normal --yes --wait');
    assert.equal(status, 0, stderr);
    await alice.receives('ophelia login:', 5 * MINUTES);
    assert.equal((await statusOf(lab(), 'alice', 'ophelia')).profile, 'normal');
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
  });

  it('a server that is off is rescued without ado; an unknown profile is refused', async () => {
    const nosuch = await lab().ssh('alice', 'horatio rescue nosuch --yes');
    assert.equal(nosuch.status, 3);
    assert.equal(await lab().domid('horatio'), undefined);
    const { status, stderr } = await lab().ssh('alice', 'horatio rescue rescue --yes --wait');
    assert.equal(status, 0, stderr);
    assert.equal((await statusOf(lab(), 'alice', 'horatio')).profile, 'rescue');
    const long = await lab().xl('list', '-l', 'horatio');
    assert.match(long.stdout, /console=hvc0 rescue/);
    assert.match(long.stdout, /horatio\.img/, 'with the customer’s own disk');
  });
});
