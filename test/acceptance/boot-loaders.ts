import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { TerminalClient } from '../support/terminal-client.js';
import { bootsAgain, leave, logIn, seesLogin, seesPrompt, shows } from './guest.js';
import { PATIENCE } from './patience.js';
import { StateWatch, isReborn, settlesAs } from './states.js';
import type { World } from './world.js';

const UP = '\x1b[A';
const DOWN = '\x1b[B';

/**
 * Rescue of servers that boot by a boot loader: guildenstern by PV-GRUB, rosencrantz by PyGRUB. The profiles
 * `pvgrub-rescue` and `pygrub-rescue` put a read-only rescue disk, xvdz, before the customer's own. Its menu
 * offers a normal boot of the own disk, a rescue system (the default) and an installer. The profile
 * `installer` boots an installer that dom0 owns. One story: each case continues the last.
 */
export function bootLoaderCases(world: () => World): void {
  const does = async (command: string): Promise<void> => {
    const { status, stderr } = await world().ssh('alice', command);
    assert.equal(status, 0, `${command}: ${stderr}`);
  };
  const profileOf = async (domain: string): Promise<string> =>
    (await settlesAs(world(), domain, ['running'])).profile;
  const console = (domain: string): TerminalClient => world().terminal('alice', `${domain} console`);

  it('PV-GRUB: a server boots from a kernel inside its own disk, and its admin breaks its /etc/fstab', async () => {
    const alice = console('guildenstern');
    await does('guildenstern start --wait');
    await logIn(alice);
    assert.match(alice.raw, /GRUB/);
    assert.equal(await profileOf('guildenstern'), 'normal');
    alice.type("sed -i 's/xvda/xvdz/' /etc/fstab; cat /etc/fstab\r");
    await shows(alice, /\/dev\/xvdz \/ ext4/);
    await leave(alice);
  });

  it('PV-GRUB: the rescue disk’s menu is on the console; in its rescue system the own disk is mended, and the rescue disk cannot be written to', async () => {
    await does('guildenstern rescue pvgrub-rescue --yes --wait');
    const alice = console('guildenstern');
    await seesMenu(alice);
    alice.type(UP);
    await alice.sees(/\*Normal boot/, PATIENCE.soon);
    alice.type(DOWN);
    await alice.sees(/\*Rescue system/, PATIENCE.soon);
    alice.type('\r');
    await alice.receives('RESCUE MODE', PATIENCE.boot);
    await writesToOwnDiskAlone(alice, "sed -i 's/xvdz/xvda/' /mnt/etc/fstab; cat /mnt/etc/fstab");
    await shows(alice, /\/dev\/xvda \/ ext4/);
    await leave(alice);
  });

  it('PV-GRUB: it reboots into the same menu, still shown as in rescue; a normal boot from there boots the disk that was mended', async () => {
    const alice = console('guildenstern');
    const { received, shown } = await reboots(alice, 'guildenstern');
    await eventually('the boot loader', () => alice.raw.slice(received).includes('GRUB'), {
      withinMs: PATIENCE.boot,
    });
    await seesMenu(alice);
    alice.type(UP);
    await alice.sees(/\*Normal boot/, PATIENCE.soon);
    alice.type('\r');
    await logIn(alice);
    assert.equal(await profileOf('guildenstern'), 'pvgrub-rescue');
    assert.match((await world().ssh('alice', 'list')).stdout, /guildenstern.*pvgrub-rescue/);
    assert.ok(!shown().includes('off'), shown().join(', '));
    await leave(alice);
  });

  it('PV-GRUB: the third choice is the installer; then back to the own boot', async () => {
    const alice = console('guildenstern');
    await reboots(alice, 'guildenstern');
    await seesMenu(alice);
    alice.type(DOWN);
    await alice.sees(/\*Installer/, PATIENCE.soon);
    alice.type('\r');
    await alice.receives('would install Debian bookworm', PATIENCE.boot);
    // The installer may print before the next listing. Until then the reboot is still shown, and the host
    // takes on nothing else.
    assert.equal(await profileOf('guildenstern'), 'pvgrub-rescue');
    await does('guildenstern normal --yes --wait');
    await seesLogin(alice);
    assert.equal(await profileOf('guildenstern'), 'normal');
    await leave(alice);
    await does('guildenstern poweroff --yes --wait');
  });

  it('an installer is chosen in the menu, which says what is set for this server, and boots with it', async () => {
    const none = await world().ssh('alice', 'guildenstern rescue installer --yes');
    assert.equal(none.status, 3);
    assert.match(none.stderr, /Debian release/);
    const set = await world().postern('domain', 'set', 'guildenstern', 'install-suite=trixie');
    assert.equal(set.status, 0, set.stderr);
    const alice = world().terminal('alice', '', ['-l', 'guildenstern']);
    await alice.sees(/6\W+[Rr]escue/, PATIENCE.soon);
    alice.type('6');
    await alice.sees('Install Debian anew', PATIENCE.soon);
    alice.type('4');
    await alice.sees('With Debian release: trixie', PATIENCE.soon);
    alice.type('guildenstern\r');
    await alice.receives('would install Debian trixie', PATIENCE.boot);
    // Read the log and not the screen: the screen starts as the console's present picture, and the boot may
    // be faster than we are.
    assert.match(
      (await world().ssh('alice', 'guildenstern log --boot 0 --lines 1000')).stdout,
      /Command line: console=hvc0 install-suite=trixie install-host=guildenstern/,
    );
    assert.equal(await profileOf('guildenstern'), 'installer');
    alice.type('\x1d.');
    await alice.sees(/installer/, PATIENCE.soon);
    alice.type('q');
    assert.equal(await alice.ends(PATIENCE.soon), 0);
    await does('guildenstern poweroff --yes --wait');
  });

  it('PyGRUB: a server boots from a kernel inside its own disk', async () => {
    const alice = console('rosencrantz');
    await does('rosencrantz start --wait');
    await seesLogin(alice);
    assert.equal(await profileOf('rosencrantz'), 'normal');
    await leave(alice);
  });

  it('PyGRUB: it is rescued by a kernel of dom0’s, which PyGRUB would look for in the guest, and stays so when it reboots', async () => {
    await does('rosencrantz rescue rescue --yes --wait');
    const alice = console('rosencrantz');
    await alice.receives('RESCUE MODE', PATIENCE.boot);
    assert.equal(await profileOf('rosencrantz'), 'rescue');
    const { received, shown } = await reboots(alice, 'rosencrantz');
    await bootsAgain(alice, received, 'RESCUE MODE');
    assert.equal(await profileOf('rosencrantz'), 'rescue');
    assert.ok(!shown().includes('off'), shown().join(', '));
    await leave(alice);
  });

  it('PyGRUB: it boots the rescue disk’s default, where the own disk can be written to and the rescue disk cannot; and back to the own boot', async () => {
    await does('rosencrantz rescue pygrub-rescue --yes --wait');
    const alice = console('rosencrantz');
    await alice.receives('RESCUE MODE', PATIENCE.boot);
    await writesToOwnDiskAlone(alice, 'echo all is well > /mnt/etc/mended; cat /mnt/etc/mended');
    await shows(alice, /^all is well/m);
    const { received, shown } = await reboots(alice, 'rosencrantz');
    await bootsAgain(alice, received, 'RESCUE MODE');
    assert.equal(await profileOf('rosencrantz'), 'pygrub-rescue');
    assert.ok(!shown().includes('off'), shown().join(', '));
    await does('rosencrantz normal --yes --wait');
    await logIn(alice);
    alice.type('clear; cat /etc/mended\r');
    await shows(alice, /^all is well/m);
    assert.equal(await profileOf('rosencrantz'), 'normal');
    await leave(alice);
    await does('rosencrantz poweroff --yes --wait');
  });

  /** Waits for the rescue disk's menu, whose default entry is marked. */
  async function seesMenu(alice: TerminalClient): Promise<void> {
    await alice.sees(/Normal boot[^]*\*Rescue system[^]*Installer/, PATIENCE.boot);
  }

  /**
   * In a rescue system: tries to write to the rescue disk, which fails, mounts the own disk on /mnt, types a
   * line, and unmounts it.
   */
  async function writesToOwnDiskAlone(alice: TerminalClient, line: string): Promise<void> {
    alice.type('\r');
    await seesPrompt(alice);
    alice.type('mount /dev/xvdz /mnt; echo spoilt > /mnt/boot/grub/grub.cfg; umount /mnt\r');
    await shows(alice, /Read-only file system/);
    alice.type(`mount /dev/xvda /mnt; ${line}; umount /mnt\r`);
  }

  /**
   * Types `reboot` in a shell, and waits for a new incarnation.
   *
   * @returns the length of what was received by then, and a function that ends the watch and gives the states
   * shown since
   */
  async function reboots(
    alice: TerminalClient,
    domain: string,
  ): Promise<{ received: number; shown: () => readonly string[] }> {
    const before = await world().domid(domain);
    const watch = await StateWatch.start(world(), domain);
    const received = alice.raw.length;
    alice.type('\rreboot\r');
    await isReborn(world(), domain, before);
    return { received, shown: () => watch.stop() };
  }
}
