import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { profileText } from '../../server/cli/rescue-image/profile-text.js';
import { PATIENCE } from '../acceptance/patience.js';
import { settlesAs } from '../acceptance/states.js';
import { eventually } from '../support/eventually.js';
import { run } from '../support/house.js';
import type { Ended } from '../support/house.js';
import { GuestLogin, SEEDS, vifLine } from './lab/guest-login.js';
import { lab } from './lab/hooks.js';
import { realWorld } from './lab/real-world.js';

/** The line of the rescue system's own text. */
const FINGERPRINT = /SSH host key (SHA256:[A-Za-z0-9+/]{43})/;

/** Asks for the rescue until the gate has heard of the new profile; before that, it refuses without doing anything. */
async function rescue(domain: string): Promise<void> {
  let asked: Ended | undefined;
  await eventually(
    `the rescue of ${domain}`,
    async () => {
      asked = await lab().ssh('alice', `${domain} rescue debian-rescue --yes --wait`);
      return !/no such boot profile/i.test(asked.stderr);
    },
    { withinMs: PATIENCE.boot, everyMs: 1000 },
  );
  assert.equal(asked?.status, 0, asked?.stderr);
}

describe('the rescue image, on a real Xen', () => {
  const world = realWorld();

  before(async () => {
    await lab().editConfig('ophelia', (text) => text.replace('memory = 128', 'memory = 256') + vifLine(2));
    // systemd shuts down slowly in emulation.
    await lab().dom0.must(
      'sed -i "s/shutdownSeconds: .*/shutdownSeconds: 240/" /etc/postern/dom0.yaml && cat >> /etc/postern/dom0.yaml && systemctl restart postern-dom0',
      `${profileText('/srv/xen/rescue-image/current')}${SEEDS}`,
    );
  });

  it('a broken fstab is mended over ssh, with the customer’s own key', async () => {
    const login = new GuestLogin('ophelia', 2);
    rmSync(login.known, { force: true });
    await settlesAs(world(), 'ophelia', ['off']);
    await rescue('ophelia');
    const alice = world().terminal('alice', 'ophelia console');
    await alice.receives(FINGERPRINT, PATIENCE.boot);
    assert.match(alice.raw, /RESCUE SYSTEM/);

    const mended = await login.whenUp(
      'hostname && chroot-in -- sed -i s/xvdz/xvda/ /etc/fstab && mount -o ro /dev/xvda /mnt && cat /mnt/etc/fstab && umount /mnt',
      PATIENCE.boot,
    );
    assert.equal(mended.status, 0, mended.stderr);
    assert.match(mended.stdout, /^ophelia\n/);
    assert.match(mended.stdout, /^\/dev\/xvda is unmounted\.$/m);
    assert.match(mended.stdout, /^\/dev\/xvda \/ ext4/m);
    const printed = (await run('ssh-keygen', ['-lf', login.known], '')).stdout;
    const shown = FINGERPRINT.exec(alice.raw)?.[1] ?? 'no fingerprint';
    assert.ok(printed.includes(shown), `${printed} on the console: ${shown}`);

    assert.match(await login.refuses('bob'), /^root@\S*: Permission denied \(publickey\)/);
    assert.match(
      await login.refuses('alice', '-o', 'PubkeyAuthentication=no'),
      /^root@\S*: Permission denied \(publickey\)/,
    );
    alice.kill();
  });

  it('back to normal, the server boots the disk that was mended', async () => {
    const normal = await world().ssh('alice', 'ophelia normal --yes --wait');
    assert.equal(normal.status, 0, normal.stderr);
    const alice = world().terminal('alice', 'ophelia console');
    await alice.receives('ophelia login:', PATIENCE.boot);
    alice.kill();
  });

  it('a PVH server boots it too; without a seed disk it has a shell, and no SSH', async () => {
    await lab().editConfig('hamlet', (text) => text.replace('memory = 160', 'memory = 256'));
    const name = 'sed -i "/^  debian-rescue:/,/seed:/{/seed:/d}" /etc/postern/dom0.yaml';
    await lab().dom0.must(`${name} && systemctl restart postern-dom0`);
    await settlesAs(world(), 'hamlet', ['off']);
    await rescue('hamlet');
    const alice = world().terminal('alice', 'hamlet console');
    await alice.receives('SSH does not run.', PATIENCE.boot);
    alice.type('ss -Hltn | wc -l; echo listens\r');
    await alice.sees(/^0\n+listens/m, PATIENCE.soon);
    alice.kill();
  });
});
