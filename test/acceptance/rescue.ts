import assert from 'node:assert/strict';
import { bootsAgain, leave, shows } from './guest.js';
import { PATIENCE } from './patience.js';
import { StateWatch, isReborn, settlesAs, statusOf } from './states.js';
import type { World } from './world.js';

/** Rescue by a kernel and ramdisk that dom0 owns. One story: each case continues the last. */
export function rescueCases(world: () => World): void {
  it('a server that does not boot is rescued and mended, from the menu alone', async () => {
    const alice = world().terminal('alice', '', ['-l', 'ophelia']);
    await alice.sees(/1\W+[Cc]onsole/, PATIENCE.soon);
    // The start leads to its console.
    alice.type('2');
    await alice.receives('(initramfs)', PATIENCE.boot);
    assert.match(alice.raw, /\/dev\/xvdz does not exist/);
    alice.type('\x1d.');
    await alice.sees(/6\W+[Rr]escue/, PATIENCE.soon);

    alice.type('6');
    await alice.sees(/Rescue system/, PATIENCE.soon);
    alice.type('\r');
    await alice.sees('Type ophelia', PATIENCE.soon);
    alice.type('ophelia\r');
    // It never answers a graceful shutdown, so the menu offers to power off from the first second.
    await alice.sees(/power off now/i, PATIENCE.soon);
    alice.type('4');
    await alice.sees('Type ophelia', PATIENCE.soon);
    alice.type('ophelia\r');
    await alice.receives('RESCUE MODE', PATIENCE.boot);
    alice.type('\r');
    await alice.sees('#', PATIENCE.soon);
    for (const line of [
      'mount /dev/xvda /mnt',
      "sed -i 's/xvdz/xvda/' /mnt/etc/fstab",
      'cat /mnt/etc/fstab',
      'umount /mnt',
    ]) {
      alice.type(`${line}\r`);
    }
    await shows(alice, /\/dev\/xvda \/ ext4/);
    alice.type('\x1d.');
    await alice.sees(/7 +Normal boot +back from rescue/, PATIENCE.soon);
    alice.type('q');
    assert.equal(await alice.ends(PATIENCE.soon), 0);
  });

  it('a rescued server that reboots stays in rescue, and shows it', async () => {
    assert.equal((await settlesAs(world(), 'ophelia', ['running'])).profile, 'rescue');
    const before = await world().domid('ophelia');
    const watch = await StateWatch.start(world(), 'ophelia');
    const alice = world().terminal('alice', 'ophelia console');
    await alice.sees('#', PATIENCE.soon);
    const received = alice.raw.length;
    alice.type('reboot\r');
    await isReborn(world(), 'ophelia', before);
    await bootsAgain(alice, received, 'RESCUE MODE');
    assert.match(alice.raw.slice(received), /Command line: console=hvc0 rescue/);
    assert.equal((await settlesAs(world(), 'ophelia', ['running'])).profile, 'rescue');
    assert.match((await world().ssh('alice', 'list')).stdout, /ophelia.*rescue/);
    const shown = watch.stop();
    assert.ok(!shown.includes('off'), shown.join(', '));
    await leave(alice);
  });

  it('back to normal from the menu, the server boots the disk that was mended', async () => {
    const alice = world().terminal('alice', '', ['-l', 'ophelia']);
    await alice.sees(/7 +Normal boot +back from rescue/, PATIENCE.soon);
    alice.type('7');
    await alice.sees(/Normal boot: ophelia/, PATIENCE.soon);
    alice.type('y');
    await alice.sees(/Boot normal/, PATIENCE.boot);
    alice.type('1');
    await alice.receives('ophelia login:', PATIENCE.boot);
    alice.type('\x1d.');
    await alice.sees(/1\W+[Cc]onsole/, PATIENCE.soon);
    alice.type('q');
    assert.equal(await alice.ends(PATIENCE.soon), 0);
    assert.equal((await settlesAs(world(), 'ophelia', ['running'])).profile, 'normal');
  });

  it('a server that is off is rescued without ado; an unknown profile is refused', async () => {
    const nosuch = await world().ssh('alice', 'horatio rescue nosuch --yes');
    assert.equal(nosuch.status, 3);
    assert.equal(await world().domid('horatio'), undefined);
    const { status, stderr } = await world().ssh('alice', 'horatio rescue rescue --yes --wait');
    assert.equal(status, 0, stderr);
    assert.equal((await statusOf(world(), 'alice', 'horatio')).profile, 'rescue');
    const long = await world().xl('list', '-l', 'horatio');
    assert.match(long.stdout, /console=hvc0 rescue/);
    assert.match(long.stdout, /horatio\.img/, 'with the customer’s own disk');
    assert.equal((await world().ssh('alice', 'horatio poweroff --yes --wait')).status, 0);
  });
}
