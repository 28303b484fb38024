import assert from 'node:assert/strict';
import { House } from '../support/house.js';

/** The story that the README tells. */
describe('rescue', () => {
  let house: House;
  before(async () => {
    house = await House.start();
  });
  after(() => house.stop());

  it('a machine that does not boot is rescued, mended and boots, from the menu alone', async () => {
    const alice = house.terminal('alice', '', { ssh: ['-l', 'ophelia'] });
    await alice.sees(/1\W+[Cc]onsole/);
    alice.type('2');
    await alice.sees('running');
    alice.type('1');
    await alice.receives('(initramfs)');
    alice.type('\x1d.');
    await alice.sees(/6\W+[Rr]escue/);

    alice.type('6');
    await alice.sees(/Rescue system/);
    alice.type('\r');
    await alice.sees('Type ophelia');
    alice.type('ophelia\r');
    // It never answers a graceful shutdown: powering off is offered from the first second.
    await alice.sees(/power off now/i);
    alice.type('4');
    await alice.sees('Type ophelia');
    alice.type('ophelia\r');
    await alice.receives('RESCUE MODE', 30_000);
    alice.type('\r');
    await alice.sees('#');
    for (const line of [
      'mount /dev/xvda /mnt',
      "sed -i 's/xvdz/xvda/' /mnt/etc/fstab",
      'cat /mnt/etc/fstab',
      'umount /mnt',
    ]) {
      alice.type(`${line}\r`);
    }
    await alice.sees('/dev/xvda / ext4');
    alice.type('\x1d.');
    await alice.sees(/Boot rescue/);
    await alice.seesNo(/into rescue/);
    await alice.sees(/7 +Normal boot +back from rescue/);
    alice.type('7');
    await alice.sees(/Normal boot: ophelia/);
    alice.type('y');
    await alice.sees(/Boot normal/, 30_000);
    alice.type('1');
    await alice.receives('ophelia login:', 30_000);
    alice.type('\x1d.');
    await alice.sees(/1\W+[Cc]onsole/);
    alice.type('q');
    assert.equal(await alice.ends(), 0);
  });

  it('and by command: the profile is shown until normal', async () => {
    const profile = async (): Promise<string> =>
      (JSON.parse((await house.ssh('alice', 'horatio status --json')).stdout) as { profile: string }).profile;
    assert.equal((await house.ssh('alice', 'horatio rescue rescue --yes --wait')).status, 0);
    assert.equal(await profile(), 'rescue');
    assert.match((await house.ssh('alice', 'list')).stdout, /rescue/);
    assert.equal((await house.ssh('alice', 'horatio rescue nosuch --yes')).status, 3);
    assert.equal((await house.ssh('alice', 'horatio reboot --yes --wait')).status, 0);
    assert.equal(await profile(), 'rescue', 'a reboot stays in rescue');
    assert.equal((await house.ssh('alice', 'horatio normal --yes --wait')).status, 0);
    assert.equal(await profile(), 'normal');
  });
});
