import assert from 'node:assert/strict';
import type { TerminalClient } from '../support/terminal-client.js';
import { bootsAgain, leave, logIn, seesLogin, seesPrompt, shows } from './guest.js';
import { PATIENCE } from './patience.js';
import { isReborn, settlesAs, statusOf } from './states.js';
import type { World } from './world.js';

/**
 * Guests that are not PV. Laertes is PVH with a kernel of dom0's, gertrude PVH with GRUB's image for PVH.
 * Claudius is HVM with a serial port, and polonius HVM without one and without drivers for Xen. The profile
 * `grub-rescue` has an image of GRUB for each type, `pvgrub-rescue` one for PV only, and `cd-rescue` boots a CD.
 * One story: each case continues the last.
 */
export function guestTypeCases(world: () => World): void {
  const does = async (command: string): Promise<void> => {
    const { status, stderr } = await world().ssh('alice', command);
    assert.equal(status, 0, `${command}: ${stderr}`);
  };
  const profileOf = async (domain: string): Promise<string> =>
    (await settlesAs(world(), domain, ['running'])).profile;
  const console = (domain: string): TerminalClient => world().terminal('alice', `${domain} console`);
  const isRefused = async (command: string, why: RegExp): Promise<void> => {
    const domain = command.split(' ')[0] ?? '';
    const before = await world().domid(domain);
    const { status, stderr } = await world().ssh('alice', command);
    assert.notEqual(status, 0, command);
    assert.match(stderr, why);
    assert.equal(await world().domid(domain), before, 'nothing was stopped');
  };

  it('PVH: it starts, is shown as PVH, has its console, and reboots', async () => {
    await does('laertes start --wait');
    const alice = console('laertes');
    await logIn(alice);
    const said = await world().ssh('alice', 'laertes log --boot 0 --lines 1000');
    assert.match(said.stdout, /Booting kernel on Xen PVH/);
    assert.match((await world().ssh('alice', 'laertes status')).stdout, /boot normal, type PVH\./);
    const before = await world().domid('laertes');
    const received = alice.raw.length;
    await does('laertes reboot --wait');
    await isReborn(world(), 'laertes', before);
    await bootsAgain(alice, received, 'laertes login:');
    await leave(alice);
    assert.match((await world().postern('domain', 'list')).stdout, /^laertes .*\bPVH\b/m);
  });

  it('PVH: it is rescued by a kernel of dom0’s, and goes back', async () => {
    await does('laertes rescue rescue --yes --wait');
    const alice = console('laertes');
    await alice.receives('RESCUE MODE', PATIENCE.boot);
    assert.equal(await profileOf('laertes'), 'rescue');
    assert.match((await world().xl('list', '-l', 'laertes')).stdout, /"type": "pvh"/);
    await does('laertes normal --yes --wait');
    await seesLogin(alice);
    assert.equal(await profileOf('laertes'), 'normal');
    await leave(alice);
  });

  it('PVH: an image of GRUB for PV is refused with a sentence, and nothing is stopped', async () => {
    await isRefused(
      'laertes rescue pvgrub-rescue --yes',
      /laertes is PVH, and the boot profile pvgrub-rescue is for PV only\./,
    );
    const { profiles } = (await statusOf(world(), 'alice', 'laertes')) as unknown as { profiles: string[] };
    assert.ok(profiles.includes('grub-rescue') && !profiles.includes('pvgrub-rescue'), profiles.join());
    await does('laertes poweroff --yes --wait');
  });

  it('PVH: with GRUB it boots from its own disk, and is rescued from the rescue disk by the image for PVH', async () => {
    await does('gertrude start --wait');
    const alice = console('gertrude');
    await logIn(alice);
    await does('gertrude rescue grub-rescue --yes --wait');
    await alice.sees(/Normal boot[^]*\*Rescue system[^]*Installer/, PATIENCE.boot);
    alice.type('\r');
    await alice.receives('RESCUE MODE', PATIENCE.boot);
    assert.equal(await profileOf('gertrude'), 'grub-rescue');
    await does('gertrude normal --yes --wait');
    await seesLogin(alice);
    assert.equal(await profileOf('gertrude'), 'normal');
    await leave(alice);
    await does('gertrude poweroff --yes --wait');
  });

  it('HVM: its console is its serial port; it boots the rescue CD, with its own disk behind, and goes back', async () => {
    await does('claudius start --wait');
    const alice = console('claudius');
    await logIn(alice);
    await isRefused(
      'claudius rescue rescue --yes',
      /claudius is HVM, and the boot profile rescue is for PV and PVH/,
    );
    await does('claudius rescue cd-rescue --yes --wait');
    await alice.receives('RESCUE MODE', PATIENCE.boot);
    assert.equal(await profileOf('claudius'), 'cd-rescue');
    alice.type('\r');
    await seesPrompt(alice);
    alice.type('mount /dev/xvda /mnt; cat /mnt/etc/hostname; umount /mnt\r');
    await shows(alice, /^claudius/m);
    const before = await world().domid('claudius');
    const received = alice.raw.length;
    alice.type('reboot\r');
    await isReborn(world(), 'claudius', before);
    await bootsAgain(alice, received, 'RESCUE MODE');
    assert.equal(await profileOf('claudius'), 'cd-rescue');
    await does('claudius normal --yes --wait');
    await seesLogin(alice);
    assert.equal(await profileOf('claudius'), 'normal');
    await leave(alice);
    await does('claudius shutdown --wait');
  });

  it('HVM: without a serial port it has no text console; without drivers it goes off by its power button', async () => {
    await does('polonius start --wait');
    assert.equal(await profileOf('polonius'), 'normal');
    await isRefused('polonius console', /no text console: its configuration file has no `serial`/);
    assert.match((await world().ssh('alice', 'polonius status')).stdout, /It has no text console/);
    const { status, stderr } = await world().ssh('alice', 'polonius reboot --wait');
    assert.notEqual(status, 0);
    assert.match(stderr, /no Xen drivers that could be asked: do it on its console, or power it off/);
    await does('polonius shutdown --wait');
    assert.equal(await world().domid('polonius'), undefined);
  });
}
