import assert from 'node:assert/strict';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { isRefusal } from '../../../policy/refusal.js';
import { LOCAL_FILES } from '../../../server/dom0/config/foreign-files.js';
import { blockFacts, diskFileOf, firstDiskOf, roomFor } from '../../../server/dom0/images/first-disk.js';
import type { DiskFiles } from '../../../server/dom0/images/first-disk.js';
import { parseXlDryRun } from '../../../server/dom0/toolstack/xl-output.js';
import { dryRunText } from '../../../server/simulator/dry-run.js';
import { domainName } from '../../support/temporary-store.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

/** The first disk of a domain with these disks, as xl's dry run shows them. */
function firstOf(...disks: readonly string[]): string {
  const list = disks.map((disk) => `'${disk}'`).join(', ');
  const { stdout } = dryRunText(`name="horatio"\nkernel="/k"\ndisk=[${list}]\n`, '/etc/xen/horatio.cfg');
  const reading = parseXlDryRun(stdout);
  assert.ok(reading !== undefined, stdout);
  const found = firstDiskOf({ name: domainName('horatio'), boot: reading.boot });
  return isRefusal(found) ? found.message : `${found.vdev} ${found.target}`;
}

describe('the first disk of a domain', () => {
  const GOOD = [
    ['file:/srv/a.img,xvda,w', 'xvda /srv/a.img'],
    ['phy:/dev/vg0/a,xvda,w', 'xvda /dev/vg0/a'],
    ['phy:vg0/a,hda,w', 'hda vg0/a'],
    ['/srv/a.img,raw,sda,rw', 'sda /srv/a.img'],
    ['format=raw, vdev=xvda, access=rw, discard, target=/srv/a.img', 'xvda /srv/a.img'],
  ] as const;
  for (const [spec, found] of GOOD) it(`is taken: ${spec}`, () => assert.equal(firstOf(spec), found));

  it('comes after a CD drive', () => {
    assert.equal(firstOf('/srv/a.iso,,hdc,cdrom', 'file:/srv/a.img,xvda,w'), 'xvda /srv/a.img');
  });

  const BAD = [
    [[], /it has no disk/],
    [['file:/srv/a.img,xvda,r'], /xvda\) is read-only/],
    // It boots from the first disk, which others may have too: the second one must not be taken for it.
    [['phy:/dev/vg0/shared,xvda,r', 'phy:/dev/vg0/own,xvdb,w'], /xvda\) is read-only/],
    [['file:/srv/b.img,xvdb,w', 'file:/srv/a.img,xvda,w'], /first disk is xvdb/],
    [['file:/srv/a.img,xvda1,w'], /first disk is xvda1/],
    [['/srv/a.qcow2,qcow2,xvda,rw'], /not raw/],
    [['/srv/a.vhd,vhd,xvda,rw'], /not raw/],
    [['format=raw, vdev=xvda, access=rw, script=block-iscsi, target=iqn=x'], /connected by a program/],
    [['drbd:horatio,xvda,w'], /connected by a program/],
  ] as const;
  for (const [specs, why] of BAD) {
    it(`is refused: ${specs.join(' | ') || 'none'}`, () => {
      assert.match(firstOf(...specs), why);
      assert.match(firstOf(...specs), /^It cannot be reinstalled by Postern: .*Ask the host's operators\.$/);
    });
  }
});

describe('a first disk that xl says more of', () => {
  const asked = (more: object): string => {
    const config = "name='horatio'\nkernel='/k'\ndisk=['file:/srv/a.img,xvda,w']\n";
    const { stdout } = dryRunText(config, '/etc/xen/horatio.cfg');
    const said = JSON.stringify(more).slice(1, -1);
    const reading = parseXlDryRun(stdout.replace('"vdev": "xvda",', `"vdev": "xvda", ${said},`));
    assert.ok(reading !== undefined);
    const found = firstDiskOf({ name: domainName('horatio'), boot: reading.boot });
    return isRefusal(found) ? found.detail : 'taken';
  };
  it('is taken when it says nothing strange', () => {
    assert.equal(asked({ removable: 1, discard_enable: 'True', backend: 'phy' }), 'taken');
    assert.equal(asked({ backend: 'qdisk' }), 'taken');
  });
  for (const more of [
    { backend: 'tap' },
    { backend: 'standalone' },
    { backend_domname: 'storage' },
    { backend_domid: 7 },
    { colo_enable: 'True' },
  ]) {
    it(`is refused: ${JSON.stringify(more)}`, () => assert.match(asked(more), /xvda of horatio: /));
  }
});

describe('the file of a first disk', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });
  const files: DiskFiles = { calls: LOCAL_FILES, block: blockFacts };
  const at = (name: string): string => directory.file(name);
  const askOf = async (target: string, with_: DiskFiles = files): Promise<string> => {
    const found = await diskFileOf({ target, vdev: 'xvda' }, with_);
    return isRefusal(found) ? found.message : `${found.bytes}`;
  };

  it('has its size', async () => {
    await writeFile(at('a.img'), '');
    await truncate(at('a.img'), 5_000_000);
    assert.equal(await askOf(at('a.img')), '5000000');
  });

  it('is no link, no directory, no pipe, and is there', async () => {
    await writeFile(at('victim.img'), 'of another customer');
    await symlink(at('victim.img'), at('link.img'));
    assert.match(await askOf(at('link.img')), /is a link/);
    await mkdir(at('folder'));
    assert.match(await askOf(at('folder')), /no file and no volume/);
    assert.match(await askOf('/dev/null'), /no file and no volume/);
    assert.match(await askOf(at('missing.img')), /cannot be found/);
  });

  it('may be a volume, which is a link in /dev; its size is the kernel’s', async () => {
    const link = { isSymbolicLink: () => true, isBlockDevice: () => false };
    const device = {
      isSymbolicLink: () => false,
      isBlockDevice: () => true,
      isFile: () => false,
      rdev: 0xfd03n,
    };
    const asked: bigint[] = [];
    const volumes = (readOnly: boolean): DiskFiles => ({
      calls: {
        lstat: () => Promise.resolve(link as unknown as BigIntStats),
        stat: () => Promise.resolve(device as unknown as BigIntStats),
      },
      block: (rdev) => {
        asked.push(rdev);
        return Promise.resolve({ bytes: 10_737_418_240, readOnly });
      },
    });
    assert.equal(await askOf('/dev/vg0/horatio', volumes(false)), '10737418240');
    assert.equal(await askOf('vg0/horatio', volumes(false)), '10737418240');
    assert.match(await askOf('/dev/vg0/horatio', volumes(true)), /read-only/);
    assert.match(await askOf('/srv/xen/horatio', volumes(false)), /is a link/);
    assert.deepEqual(asked, [0xfd03n, 0xfd03n, 0xfd03n]);
  });

  it('must have room for the image', async () => {
    await writeFile(at('small.img'), '');
    await truncate(at('small.img'), 3 * 1024 * 1024);
    const disk = { target: at('small.img'), vdev: 'xvda' };
    assert.ok(!isRefusal(await roomFor(disk, 3 * 1024 * 1024, files)));
    const no = await roomFor(disk, 3 * 1024 * 1024 + 1, files);
    assert.ok(isRefusal(no));
    assert.match(no.message, /needs a disk of 4 MiB, and xvda has 3 MiB/);
  });
});
