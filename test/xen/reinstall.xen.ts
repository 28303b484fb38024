import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leave } from '../acceptance/guest.js';
import { PATIENCE } from '../acceptance/patience.js';
import { settlesAs } from '../acceptance/states.js';
import { eventually } from '../support/eventually.js';
import type { Ended } from '../support/house.js';
import { domainView } from './lab/domain-view.js';
import { GuestLogin, SEEDS, vifLine } from './lab/guest-login.js';
import { lab } from './lab/hooks.js';
import { realWorld } from './lab/real-world.js';

const POLICY = `rules:
  - allow: [reinstall]
    customers: [alice]
    images: [debian-13]
`;

/** MiB of both disks: the image has less, and its own cloud-init takes the rest. */
const DISK_MIB = 448;
const VOLUME = '/dev/vg0/ophelia';
/** What the first boot of a whole Debian may take in emulation. */
const FIRST_BOOT_MS = 600_000;

/** PV guests whose own disk has the boot loader's menu and the kernel. PVH guests boot that slowly in emulation. One story. */
describe('a reinstallation, on a real Xen', function () {
  this.timeout(1_200_000);
  const world = realWorld();

  before(async () => {
    const { dom0, gate } = lab();
    await dom0.must(`set -e
cd /srv/xen
truncate -s ${DISK_MIB}M disks/guildenstern.img
truncate -s ${DISK_MIB + 8}M disks/vg0.img
vgcreate -q vg0 "$(losetup --find --show disks/vg0.img)"
lvcreate -q -y -n ophelia -L ${DISK_MIB}M vg0
sed "s/guildenstern/ophelia/; s|file:[^,]*|phy:${VOLUME}|" /etc/xen/guildenstern.cfg > /etc/xen/ophelia.cfg`);
    for (const [domain, host] of [
      ['guildenstern', 3],
      ['ophelia', 4],
    ] as const)
      await lab().editConfig(domain, (text) => text.replace('memory = 128', 'memory = 256') + vifLine(host));
    const added = await dom0.must(
      'postern image add debian-13 /srv/xen/debian.raw.zst --sha256 $(sha256sum < /srv/xen/debian.raw.zst | cut -c -64) --json',
    );
    const { entry } = JSON.parse(added) as { entry: string };
    await dom0.must(
      'sed -i "s/shutdownSeconds: .*/shutdownSeconds: 240/" /etc/postern/dom0.yaml && cat >> /etc/postern/dom0.yaml && systemctl restart postern-dom0',
      `images:\n${entry}${SEEDS}`,
    );
    writeFileSync(join(gate.layout.policy, '20-reinstall.yaml'), POLICY);
    const loaded = await world().postern('policy', 'reload');
    assert.equal(loaded.status, 0, loaded.stderr);
    for (const domain of ['guildenstern', 'ophelia'])
      await eventually(
        `the image for ${domain}`,
        async () => (await domainView(domain).catch(() => undefined))?.images?.length === 1,
        { withinMs: PATIENCE.boot, everyMs: 500 },
      );
  });

  it('is refused on a disk that another server has too, and nothing is done', async () => {
    const disk = async (): Promise<string> => lab().dom0.must('sha256sum < /srv/xen/disks/guildenstern.img');
    const before = await disk();
    await lab().editConfig('rosencrantz', (text) => text.replace('rosencrantz.img', 'guildenstern.img'));
    let refused: Ended | undefined;
    await eventually(
      'the half to have read the configuration',
      async () => {
        refused = await world().ssh('alice', 'rosencrantz reinstall debian-13 --erase rosencrantz --wait');
        return /belongs to others/.test(refused.stderr);
      },
      { withinMs: PATIENCE.soon, everyMs: 1_000, instead: () => refused },
    );
    assert.equal(refused?.status, 3);
    assert.equal(await world().domid('rosencrantz'), undefined);
    assert.equal(await disk(), before);
    await lab().editConfig('rosencrantz', (text) => text.replace('guildenstern.img', 'rosencrantz.img'));
  });

  it('a half that is killed in the middle leaves the server off, with a volume that nothing boots from', async () => {
    await settlesAs(world(), 'ophelia', ['off']);
    const asked = await world().ssh('alice', 'ophelia reinstall debian-13 --erase ophelia');
    assert.equal(asked.status, 0, asked.stderr);
    await eventually(
      'half of it to be written',
      async () => {
        const { operation } = await domainView('ophelia');
        assert.notEqual(operation, null, 'it ended before it was killed');
        const progress = operation?.progress;
        return (
          operation?.step === 'writing' && progress !== undefined && progress.done > progress.total * 0.4
        );
      },
      { withinMs: PATIENCE.boot, everyMs: 50 },
    );
    await lab().killDom0Half();
    await eventually(
      'the disk to be incomplete',
      async () => (await domainView('ophelia').catch(() => undefined))?.incompleteDisk !== undefined,
      { withinMs: PATIENCE.down, everyMs: 200 },
    );
    await settlesAs(world(), 'ophelia', ['off']);
    assert.match((await world().ssh('alice', 'ophelia status')).stdout, /disk is incomplete/i);
    const start = await world().ssh('alice', 'ophelia start --wait');
    assert.equal(start.status, 3, start.stderr);
    assert.match(start.stderr, /Its disk is incomplete/);
    assert.equal(await world().domid('ophelia'), undefined);
    // Its beginning, with the table of partitions, comes last.
    assert.equal((await lab().dom0.must(`head -c 1M ${VOLUME} | tr -d '\\0' | wc -c`)).trim(), '0');

    const rescued = await world().ssh('alice', 'ophelia rescue rescue --yes --wait');
    assert.equal(rescued.status, 0, rescued.stderr);
    const alice = world().terminal('alice', 'ophelia console');
    await alice.receives('RESCUE MODE', PATIENCE.boot);
    await leave(alice);
  });

  it('from the menu, over a file: progress, the first boot, and a login with the customer’s own key alone', async () => {
    const login = new GuestLogin('guildenstern', 3);
    rmSync(login.known, { force: true });
    await settlesAs(world(), 'guildenstern', ['off']);
    const alice = world().terminal('alice', '', ['-l', 'guildenstern']);
    await alice.sees('Reinstall', PATIENCE.soon);
    alice.type('i');
    await alice.sees(`All data on xvda (${DISK_MIB} MiB) of guildenstern is lost for ever.`, PATIENCE.soon);
    alice.type('1');
    await alice.sees('Type guildenstern to do it', PATIENCE.soon);
    alice.type('guildenstern\r');
    await alice.receives(new RegExp(`MiB of ${DISK_MIB} MiB`), PATIENCE.boot);
    // The console opens by itself.
    await alice.receives('guildenstern login:', FIRST_BOOT_MS);
    alice.type('\x1d.');
    await alice.sees(/q +Exit/, PATIENCE.soon);
    alice.type('q');
    assert.equal(await alice.ends(PATIENCE.soon), 0);

    const said = await login.whenUp('hostname; df --output=size -m / | tail -n 1', FIRST_BOOT_MS);
    assert.equal(said.status, 0, said.stderr);
    const [hostname, size] = said.stdout.split('\n');
    assert.equal(hostname, 'guildenstern');
    assert.ok(Number(size) > DISK_MIB * 0.85, `the file system has ${String(size)} MiB`);
    assert.match(await login.refuses('bob'), /^root@\S*: Permission denied/);
    assert.equal((await world().ssh('alice', 'guildenstern poweroff --yes --wait')).status, 0);
  });

  it('the volume is reinstalled from the rescue, and its new system boots', async () => {
    const done = await world().ssh('alice', 'ophelia reinstall debian-13 --erase ophelia --wait');
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stderr, /writing its disk/);
    assert.match(done.stdout, /ophelia runs debian-13 now/);
    assert.equal((await domainView('ophelia')).incompleteDisk, undefined);
    // The menu of the image's own GRUB. A second first boot would take minutes.
    await eventually(
      'the boot of the new system',
      async () =>
        /Booting `Debian'|Debian GNU\/Linux 13/.test(
          (await world().ssh('alice', 'ophelia log --boot 0')).stdout,
        ),
      { withinMs: FIRST_BOOT_MS, everyMs: 1_000, slowestMs: 5_000 },
    );
  });
});
