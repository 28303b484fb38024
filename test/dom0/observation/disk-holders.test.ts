import assert from 'node:assert/strict';
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
      await new DiskHolders(toolstack, () => [], identityBy(new ForeignFiles(SYSTEM_HOST_CLOCK))).conflict(
        HORATIO,
        disks,
      )
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

  it('are the same by script and target, where no path is behind them', async () => {
    holds('yorick', disk('res0', { script: 'block-drbd' }));
    assert.match((await conflict(disk('res0', { script: 'block-drbd' }))) ?? '', /yorick/);
    assert.equal(await conflict(disk('res0', { script: 'block-iscsi' })), null);
  });
});
