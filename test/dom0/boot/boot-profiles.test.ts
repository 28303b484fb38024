import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NORMAL, parseBootProfileName, UNKNOWN_PROFILE } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { BootProfiles, ProfileError } from '../../../server/dom0/boot/boot-profiles.js';
import type { DirectProfile, DiskProfile } from '../../../server/dom0/boot/boot-profiles.js';
import { creationOf } from '../../../server/dom0/boot/derived-config.js';
import { readDomainConfig } from '../../../server/dom0/config/domain-config.js';
import type { DomainConfig } from '../../../server/dom0/config/domain-config.js';
import { parseConfigText } from '../../../server/dom0/config/domain-config-text.js';

const words = { title: 'Rescue', disks: 'They stay.', hint: 'Mount them.' };
const rescue: DirectProfile = {
  ...words,
  kind: 'direct',
  types: ['pv', 'pvh'],
  kernel: '/srv/xen/rescue-vmlinuz',
  ramdisk: '/srv/xen/rescue-initrd.gz',
  extra: 'console=hvc0 rescue',
  parameters: {},
  addDisks: ['file:/srv/xen/rescue.img,xvdr,r'],
};
const pvgrub: DiskProfile = {
  ...words,
  kind: 'disk',
  types: ['pv'],
  kernels: null,
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

const installer: DirectProfile = {
  ...words,
  kind: 'direct',
  types: ['pv', 'pvh'],
  kernel: '/srv/xen/install-vmlinuz',
  ramdisk: '/srv/xen/install-initrd.gz',
  extra: 'install-suite=${suite} host=${domain} again=${suite} url=${url} --',
  parameters: {
    suite: { title: 'suite', values: ['bookworm', 'trixie'], pattern: null, default: null },
    url: { title: 'preseed file', values: null, pattern: '.*', default: 'http://x/a' },
  } as DirectProfile['parameters'],
  addDisks: [],
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
    if (isRefusal(plan)) assert.fail(plan.detail);
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
      if (isRefusal(plan)) assert.fail(plan.detail);
      assert.equal(profiles.recognise(plan.boot, horatio, null), name);
    }
    const single = { ...horatio.boot, cmdline: 'console=hvc0 domname=horatio single' };
    assert.equal(profiles.recognise(single, horatio, null), UNKNOWN_PROFILE);
    assert.equal(profiles.recognise({ ...horatio.boot, disks: [] }, horatio, null), UNKNOWN_PROFILE);
    assert.equal(profiles.recognise(single, horatio, { profile: NORMAL, boot: single }), NORMAL);
  });

  describe('with parameters', () => {
    const known = new BootProfiles({ rescue, installer });
    const horatio = config('/etc/xen/horatio.cfg', PLAIN);
    const plan = (
      given: Readonly<Record<string, string>>,
      name = 'installer',
    ): ReturnType<typeof known.plan> => known.plan(profile(name), horatio, given);
    const cmdline = (given: Readonly<Record<string, string>>): string | null => {
      const made = plan(given);
      if (isRefusal(made)) assert.fail(made.detail);
      return made.boot.cmdline;
    };

    it('fill them in, with the name of the domain and the defaults', () => {
      const line = 'install-suite=trixie host=horatio again=trixie';
      assert.equal(cmdline({ suite: 'trixie' }), `${line} url=http://x/a --`);
      assert.equal(cmdline({ suite: 'trixie', url: 'https://y:8080/b' }), `${line} url=https://y:8080/b --`);
    });

    it('put nothing but one word there, whatever the rule', () => {
      const bad = [
        'a b',
        '',
        'a\nb',
        'a\u0000',
        "a'",
        'a"',
        'a\\',
        '$x',
        '-x',
        'ä',
        'a'.repeat(201),
        '${domain}',
      ];
      for (const url of bad) {
        const refused = plan({ suite: 'trixie', url });
        assert.ok(isRefusal(refused), url);
        assert.equal(refused.code, 'not-on-this-host');
        assert.doesNotMatch(refused.message, /[^ -~]/);
      }
    });

    it('refuse what is not declared, not set or not in the list', () => {
      const refused = (given: Readonly<Record<string, string>>, name?: string): readonly string[] => {
        const no = plan(given, name);
        return isRefusal(no) ? [no.code, no.detail] : assert.fail(JSON.stringify(no));
      };
      assert.deepEqual(refused({}), [
        'not-on-this-host',
        'the parameter suite is not set and has no default',
      ]);
      assert.deepEqual(refused({ suite: 'potato' }), [
        'not-on-this-host',
        'the parameter suite may not be "potato"',
      ]);
      assert.deepEqual(refused({ suite: 'trixie', sweet: 'x' }), ['usage', 'sweet']);
      assert.deepEqual(refused(JSON.parse('{"suite":"trixie","__proto__":"x"}') as Record<string, string>), [
        'usage',
        '__proto__',
      ]);
      assert.deepEqual(refused({ suite: 'trixie', domain: 'ophelia' }), ['usage', 'domain']);
      assert.deepEqual(refused({ suite: 'trixie' }, 'rescue'), ['usage', 'suite']);
      assert.deepEqual(refused({ suite: 'trixie' }, 'normal'), ['usage', 'normal']);
    });

    it('are recognised with any values that are allowed, and not with others', () => {
      const made = plan({ suite: 'bookworm', url: 'http://z' });
      if (isRefusal(made)) assert.fail(made.detail);
      const recognised = (line: string): string =>
        known.recognise({ ...made.boot, cmdline: line }, horatio, null);
      assert.equal(known.recognise(made.boot, horatio, null), 'installer');
      const line = made.boot.cmdline ?? '';
      assert.equal(recognised(line.replaceAll('bookworm', 'trixie')), 'installer');
      assert.equal(recognised(line.replace('bookworm', 'trixie')), UNKNOWN_PROFILE);
      assert.equal(recognised(line.replaceAll('bookworm', 'potato')), UNKNOWN_PROFILE);
      assert.equal(recognised(line.replace('host=horatio', 'host=ophelia')), UNKNOWN_PROFILE);
      assert.equal(recognised(`${line} init=/bin/sh`), UNKNOWN_PROFILE);
    });

    it('are offered with their words, never with the command line or the pattern', () => {
      assert.deepEqual(known.offers()[1]?.parameters, [
        { name: 'suite', title: 'suite', values: ['bookworm', 'trixie'], default: null },
        { name: 'url', title: 'preseed file', values: null, default: 'http://x/a' },
      ]);
      assert.doesNotMatch(JSON.stringify(known.offers()), /install-suite|\.\*/);
    });
  });

  it('with a boot loader are told by it and the disks: what it chose is its own affair', () => {
    const ophelia = config('/etc/xen/ophelia.cfg', PYGRUB);
    const chosen = { ...ophelia.boot, kernel: '/var/run/xen/boot_kernel.x', cmdline: 'root=UUID=1' };
    assert.equal(profiles.recognise(chosen, ophelia, null), NORMAL);
  });

  it('are offered in words alone', () => {
    const text = JSON.stringify(profiles.offers());
    assert.doesNotMatch(text, /\/srv|console=|pygrub"?:/);
    assert.deepEqual(profiles.names(config('/etc/xen/horatio.cfg', PLAIN)), ['rescue', 'pvgrub', 'pygrub']);
  });

  it('are refused at start when they cannot be', () => {
    assert.throws(() => new BootProfiles({ normal: rescue }), ProfileError);
    assert.throws(() => new BootProfiles({ Rescue: rescue }), ProfileError);
    assert.throws(() => new BootProfiles({ x: { ...pvgrub, disk: 'file:/srv/r.img,xvdr,w' } }), /read-only/);
  });
});
