import assert from 'node:assert/strict';
import type { BigIntStats } from 'node:fs';
import type { DiskClaim } from '../../../server/dom0/config/disk-claims.js';
import type { Layers } from '../../../server/dom0/observation/block-layers.js';
import { DiskHolders, identityBy } from '../../../server/dom0/observation/disk-holders.js';
import { ForeignFiles } from '../../../server/dom0/config/foreign-files.js';
import { SYSTEM_HOST_CLOCK } from '../../../server/dom0/scheduling/host-clock.js';
import type { ConfiguredDisk, LongDomain } from '../../../server/dom0/toolstack/toolstack.js';
import { FakeToolstack } from '../../support/fake-toolstack.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const PV = { type: 'pv', textConsole: true } as const;
const none = { kernel: '/k', ramdisk: null, cmdline: null, bootloader: null };
const disk = (target: string, more: Partial<ConfiguredDisk> = {}): ConfiguredDisk => ({
  target,
  vdev: 'xvda',
  writable: true,
  ...more,
});

describe('disks that are in use', () => {
  let toolstack: FakeToolstack;
  let extra: LongDomain[];
  beforeEach(() => {
    toolstack = new FakeToolstack();
    extra = [];
    const all = toolstack.longListAll.bind(toolstack);
    toolstack.longListAll = async () => [...((await all()) as readonly LongDomain[]), ...extra];
  });
  const conflict = async (...disks: readonly ConfiguredDisk[]): Promise<string | null> =>
    (
      await new DiskHolders({
        toolstack,
        domains: () => [],
        claims: { list: () => Promise.resolve([]) },
        identify: identityBy(new ForeignFiles(SYSTEM_HOST_CLOCK)),
      }).conflict(HORATIO, disks)
    )?.detail ?? null;
  const holds = (name: string, ...disks: readonly ConfiguredDisk[]): void => {
    toolstack.put(name);
    toolstack.long.set(name, { ...none, disks });
  };

  it('are held by a domain that was renamed, though its long listing has the name still', async () => {
    const { domid } = toolstack.put('hamlet');
    toolstack.long.set('hamlet', { ...none, disks: [] });
    extra.push({ name: HORATIO, domid, guest: PV, boot: { ...none, disks: [disk('/dev/vg/a')] } });
    assert.match((await conflict(disk('/dev/vg/a'))) ?? '', /of hamlet, which runs/);
  });

  it('are not held by the domain itself, whatever its long listing calls it', async () => {
    const { domid } = toolstack.put('horatio');
    extra.push({ name: domainName('old'), domid, guest: PV, boot: { ...none, disks: [disk('/dev/vg/a')] } });
    assert.equal(await conflict(disk('/dev/vg/a')), null);
  });

  it('are held by a guest with a name that nobody manages', async () => {
    extra.push({ name: null, domid: 77, guest: PV, boot: { ...none, disks: [disk('/dev/vg/a')] } });
    assert.match((await conflict(disk('/dev/vg/a'))) ?? '', /of domain 77/);
  });

  it('are no empty drives, and no CD that both only read', async () => {
    holds(
      'yorick',
      disk('', { vdev: 'hdc', writable: false, cdrom: true }),
      disk('/iso', { writable: false }),
    );
    assert.equal(
      await conflict(disk('', { writable: false, cdrom: true }), disk('/iso', { writable: false })),
      null,
    );
    assert.match((await conflict(disk('/iso'))) ?? '', /yorick/, 'to write to what another reads');
  });

  describe('and lie on one another', () => {
    const numbers: Readonly<Record<string, bigint>> = {
      '/dev/sda': 0x800n,
      '/dev/sda1': 0x801n,
      '/dev/sda2': 0x802n,
      '/dev/vg0/a': 0xfd00n,
      '/dev/mapper/vg0-a': 0xfd00n,
      '/dev/vg0/b': 0xfd01n,
      '/dev/loop0': 0x700n,
    };
    const below: Readonly<Record<string, readonly [readonly bigint[], readonly string[]]>> = {
      [String(0x801n)]: [[0x800n], []],
      [String(0x802n)]: [[0x800n], []],
      [String(0xfd00n)]: [[0x802n, 0x800n], []],
      [String(0xfd01n)]: [[0x802n, 0x800n], []],
      [String(0x700n)]: [[], ['/srv/x.img']],
    };
    const files: Readonly<Record<string, bigint>> = {
      '/srv/x.img': 7n,
      '/srv/link.img': 7n,
      '/srv/y.img': 8n,
    };
    const stat = (path: string): Promise<BigIntStats> => {
      const rdev = numbers[path];
      const ino = files[path];
      if (rdev === undefined && ino === undefined) return Promise.reject(new Error('ENOENT'));
      const found = { dev: 1n, ino: ino ?? 0n, rdev: rdev ?? 0n, isBlockDevice: () => rdev !== undefined };
      return Promise.resolve(found as BigIntStats);
    };
    const layers = (rdev: bigint): Promise<Layers> => {
      const [devices, backing] = below[String(rdev)] ?? [[], []];
      return Promise.resolve({ devices, files: backing });
    };
    const CASES = [
      ['a volume by both its names', '/dev/vg0/a', '/dev/mapper/vg0-a', true],
      ['a path without /dev', 'vg0/a', '/dev/mapper/vg0-a', true],
      ['a partition and its whole disk', '/dev/sda1', '/dev/sda', true],
      ['a volume and the disk that its group is on', '/dev/vg0/a', '/dev/sda', true],
      ['a volume and the partition that its group is on', '/dev/vg0/a', '/dev/sda2', true],
      ['a loop device and its file', '/dev/loop0', '/srv/x.img', true],
      ['a loop device and a link to its file', '/dev/loop0', '/srv/link.img', true],
      ['a file by two names', '/srv/x.img', '/srv/link.img', true],
      ['two partitions of one disk', '/dev/sda1', '/dev/sda2', false],
      ['two volumes of one group', '/dev/vg0/a', '/dev/vg0/b', false],
      ['a loop device and another file', '/dev/loop0', '/srv/y.img', false],
    ] as const;
    const asked = (own: string, other: string, ...more: readonly ConfiguredDisk[]) => {
      const claim = (name: string, disks: readonly ConfiguredDisk[]): DiskClaim => ({
        domain: name,
        by: name,
        disks,
      });
      const claims = [
        claim(HORATIO, [disk(own), ...more]),
        claim('yorick', [disk(other, { vdev: 'xvdc' })]),
        { domain: null, by: 'fortinbras.cfg, which cannot be used', disks: [{ target: '/srv/none' }] },
      ];
      return new DiskHolders({
        toolstack,
        domains: () => [],
        claims: { list: () => Promise.resolve(claims) },
        identify: identityBy({ stat }, layers),
      });
    };

    for (const [what, one, other, isShared] of CASES) {
      for (const [own, held] of [
        [one, other],
        [other, one],
      ] as const) {
        it(`${isShared ? 'are shared' : 'are two'}: ${what} (${own}, ${held})`, async () => {
          const holders = asked(own, held);
          const shared = await holders.sharedWith(HORATIO, disk(own), []);
          assert.equal(shared?.detail ?? null, isShared ? 'xvda of horatio is also xvdc of yorick' : null);
          const ofHost = await asked(own, '/srv/none').sharedWith(HORATIO, disk(own), [{ target: held }]);
          assert.equal(ofHost !== null, isShared);
          holds('yorick', disk(held));
          assert.equal((await holders.conflict(HORATIO, [disk(own)])) !== null, isShared);
        });
      }
    }

    it('are shared with the domain itself, by another disk of it', async () => {
      const part = disk('/dev/sda1', { vdev: 'xvdb' });
      const no = await asked('/dev/sda', '/srv/none', part).sharedWith(HORATIO, disk('/dev/sda'), []);
      assert.match(no?.message ?? '', /its first disk shares data with another disk of it/);
      const fine = asked('/dev/sda1', '/srv/none', disk('/dev/sda2', { vdev: 'xvdb' }));
      assert.equal(await fine.sharedWith(HORATIO, disk('/dev/sda1'), []), null);
    });
  });

  it('are the same by script and target, where no path is behind them', async () => {
    holds('yorick', disk('res0', { script: 'block-drbd' }));
    assert.match((await conflict(disk('res0', { script: 'block-drbd' }))) ?? '', /yorick/);
    assert.equal(await conflict(disk('res0', { script: 'block-iscsi' })), null);
  });
});
