import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NORMAL, parseBootProfileName, UNKNOWN_PROFILE } from '../../../policy/names.js';
import { BootProfiles, ProfileError } from '../../../server/dom0/boot/boot-profiles.js';
import type { DirectProfile, DiskProfile } from '../../../server/dom0/boot/boot-profiles.js';
import { creationOf } from '../../../server/dom0/boot/derived-config.js';
import { readDomainConfig } from '../../../server/dom0/domain-config.js';
import type { DomainConfig } from '../../../server/dom0/domain-config.js';
import { parseConfigText } from '../../../server/dom0/domain-config-text.js';

const words = { title: 'Rescue', disks: 'They stay.', hint: 'Mount them.' };
const rescue: DirectProfile = {
  ...words,
  kind: 'direct',
  kernel: '/srv/xen/rescue-vmlinuz',
  ramdisk: '/srv/xen/rescue-initrd.gz',
  extra: 'console=hvc0 rescue',
  addDisks: ['file:/srv/xen/rescue.img,xvdr,r'],
};
const pvgrub: DiskProfile = {
  ...words,
  kind: 'disk',
  disk: 'file:/srv/xen/rescue.img,xvdr,r',
  kernel: '/usr/lib/grub-xen/grub-x86_64-xen.bin',
  bootloader: null,
};
const pygrub: DiskProfile = { ...pvgrub, kernel: null, bootloader: 'pygrub' };

const PLAIN = `name = "horatio"
kernel = "/srv/xen/vmlinuz"
ramdisk = "/srv/xen/initrd.gz"
extra = "console=hvc0 domname=horatio"
disk = [ "file:/srv/xen/horatio.img,xvda,w" ]
`;
const PYGRUB = `name = "ophelia"
bootloader = "pygrub"
bootloader_args = [ "--entry=1" ]
root = "/dev/xvda"
disk = [ "file:/srv/xen/ophelia.img,xvda,w" ]
`;

function config(file: string, text: string): DomainConfig {
  const read = readDomainConfig(file, text);
  if (typeof read === 'string') assert.fail(read);
  return read;
}

const profile = (name: string): ReturnType<typeof parseBootProfileName> & string => {
  const parsed = parseBootProfileName(name);
  if (parsed === undefined) assert.fail(name);
  return parsed;
};

describe('boot profiles', () => {
  let directory: string;
  const profiles = new BootProfiles({ rescue, pvgrub, pygrub });
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-boot-'));
  });
  after(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  async function created(
    name: string,
    text: string,
    takesOverrides = true,
  ): Promise<{ args: string[]; file: string }> {
    const file = join(directory, 'domain.cfg');
    await writeFile(file, text);
    const plan = profiles.plan(profile(name), config(file, text));
    if (plan === undefined) assert.fail(name);
    const creation = await creationOf(plan, join(directory, 'derived.cfg'), takesOverrides);
    assert.equal(creation.paused, true);
    return {
      args: creation.overrides.map(({ key, value }) => `${key}=${[value].flat().join('|')}`),
      file: creation.config,
    };
  }

  it('give a kernel of the host over the file, the own disks before the added ones', async () => {
    const { args, file } = await created('rescue', PLAIN);
    assert.equal(file, join(directory, 'domain.cfg'));
    assert.deepEqual(args, [
      'kernel=/srv/xen/rescue-vmlinuz',
      'ramdisk=/srv/xen/rescue-initrd.gz',
      'extra=console=hvc0 rescue',
      'disk=file:/srv/xen/horatio.img,xvda,w|file:/srv/xen/rescue.img,xvdr,r',
    ]);
  });

  it('derive a file without the boot loader, which would look for the kernel inside the guest', async () => {
    const { args, file } = await created('rescue', PYGRUB);
    assert.deepEqual(args, []);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const values = new Map(
      parseConfigText(await readFile(file, 'utf8')).map(({ key, value }) => [key, value]),
    );
    assert.deepEqual([...values.keys()], ['name', 'disk', 'kernel', 'ramdisk', 'extra']);
    assert.equal(values.get('kernel'), '/srv/xen/rescue-vmlinuz');
    assert.deepEqual(values.get('disk'), [
      'file:/srv/xen/ophelia.img,xvda,w',
      'file:/srv/xen/rescue.img,xvdr,r',
    ]);
  });

  it('put a rescue disk first, under PV-GRUB or a boot loader', async () => {
    const grub = await created('pvgrub', PLAIN);
    const text = await readFile(grub.file, 'utf8');
    assert.doesNotMatch(text, /initrd|domname/);
    assert.match(text, /disk=\["file:\/srv\/xen\/rescue.img,xvdr,r","file:\/srv\/xen\/horatio.img,xvda,w"\]/);
    const loader = await created('pygrub', PLAIN);
    assert.doesNotMatch(await readFile(loader.file, 'utf8'), /vmlinuz|initrd/);
  });

  it('write everything into a file for a toolstack that takes no overrides', async () => {
    const { args, file } = await created('rescue', PLAIN, false);
    assert.deepEqual(args, []);
    const values = new Map(
      parseConfigText(await readFile(file, 'utf8')).map(({ key, value }) => [key, value]),
    );
    assert.equal(values.get('extra'), 'console=hvc0 rescue');
    assert.equal((await created('normal', PLAIN, false)).file, join(directory, 'domain.cfg'));
  });

  it('cannot be made to set anything else by what a file holds', async () => {
    const evil = `${PLAIN}disk = [ 'file:/srv/x.img,xvda,w"]\\nname="claudius', "bootloader='" ]\nbootloader = "pygrub"\n`;
    await assert.rejects(created('rescue', evil), /control character/);
    const quotes = `${PLAIN}disk = [ 'file:/srv/"x".img,xvda,w' ]\nbootloader = "pygrub"\n`;
    const { file } = await created('rescue', quotes);
    const names = parseConfigText(await readFile(file, 'utf8')).filter(({ key }) => key === 'name');
    assert.deepEqual(
      names.map(({ value }) => value),
      ['horatio'],
    );
  });

  it('are recognised in a long listing; the own configuration is normal, anything else unknown', () => {
    const horatio = config('/etc/xen/horatio.cfg', PLAIN);
    for (const name of ['rescue', 'pvgrub', 'pygrub', 'normal']) {
      const plan = profiles.plan(profile(name), horatio);
      if (plan === undefined) assert.fail(name);
      assert.equal(profiles.recognise(plan.boot, horatio, null), name);
    }
    const single = { ...horatio.boot, cmdline: 'console=hvc0 domname=horatio single' };
    assert.equal(profiles.recognise(single, horatio, null), UNKNOWN_PROFILE);
    assert.equal(profiles.recognise({ ...horatio.boot, disks: [] }, horatio, null), UNKNOWN_PROFILE);
    assert.equal(profiles.recognise(single, horatio, { profile: NORMAL, boot: single }), NORMAL);
  });

  it('with a boot loader are told by it and the disks: what it chose is its own affair', () => {
    const ophelia = config('/etc/xen/ophelia.cfg', PYGRUB);
    const chosen = { ...ophelia.boot, kernel: '/var/run/xen/boot_kernel.x', cmdline: 'root=UUID=1' };
    assert.equal(profiles.recognise(chosen, ophelia, null), NORMAL);
  });

  it('are offered in words alone', () => {
    const text = JSON.stringify(profiles.offers());
    assert.doesNotMatch(text, /\/srv|console=|pygrub"?:/);
    assert.deepEqual(profiles.names(), ['rescue', 'pvgrub', 'pygrub']);
  });

  it('are refused at start when they cannot be', () => {
    assert.throws(() => new BootProfiles({ normal: rescue }), ProfileError);
    assert.throws(() => new BootProfiles({ Rescue: rescue }), ProfileError);
    assert.throws(() => new BootProfiles({ x: { ...pvgrub, disk: 'file:/srv/r.img,xvdr,w' } }), /read-only/);
  });
});
