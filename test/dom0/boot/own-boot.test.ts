import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NORMAL, parseBootProfileName, UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { BootProfileName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { BootPlan } from '../../../server/dom0/boot/boot-plan.js';
import { BootProfiles } from '../../../server/dom0/boot/boot-profiles.js';
import type { OwnProfile, ProfileSettings } from '../../../server/dom0/boot/boot-profiles.js';
import { creationOf } from '../../../server/dom0/boot/derived-config.js';
import { readDomainConfig } from '../../../server/dom0/config/domain-config.js';
import type { DomainConfig } from '../../../server/dom0/config/domain-config.js';
import { TEXT_LIMITS } from '../../../server/wire/text-limits.js';

const words = { title: 'Own kernel', disks: 'They stay.', hint: '' };
const own = (more: Partial<OwnProfile> = {}): OwnProfile => ({
  ...words,
  kind: 'own',
  types: ['pv', 'pvh', 'hvm'],
  extra: 'init=/bin/sh',
  parameters: {},
  kernel: null,
  ramdisk: null,
  ...more,
});
const profiles = new BootProfiles({
  shell: own(),
  single: own({ extra: 'single' }),
  older: own({ extra: '', kernel: '/srv/xen/older-vmlinuz', ramdisk: '/srv/xen/older-initrd' }),
  bare: own({ extra: 'single', kernel: '/srv/xen/older-vmlinuz' }),
  target: own({
    extra: 'systemd.unit=${target}',
    parameters: {
      target: {
        title: 'target',
        values: ['rescue.target', 'emergency.target'],
        pattern: null,
        default: null,
        chooser: 'customer',
      },
    } as OwnProfile['parameters'],
  }),
  grub: {
    ...words,
    kind: 'disk',
    types: ['pv'],
    disk: 'file:/srv/xen/rescue.img,xvdz,r',
    kernel: '/srv/xen/menu-image',
    kernels: null,
    bootloader: null,
  } satisfies ProfileSettings,
});

const FILE = '/etc/xen/horatio.cfg';
const head = 'name = "horatio"\ndisk = [ "file:/srv/xen/horatio.img,xvda,w" ]\n';
const direct = `${head}kernel = "/srv/xen/vmlinuz"\nramdisk = "/srv/xen/initrd.gz"\n`;

function config(text: string, file = FILE): DomainConfig {
  const read = readDomainConfig(file, text);
  if (typeof read === 'string') assert.fail(read);
  return read;
}

const profile = (name: string): BootProfileName => parseBootProfileName(name) ?? assert.fail(name);

function planned(name: string, text: string, given = {}): BootPlan {
  const plan = profiles.plan(profile(name), config(text), given);
  return isRefusal(plan) ? assert.fail(plan.detail) : plan;
}

function refused(name: string, text: string): Refusal {
  const plan = profiles.plan(profile(name), config(text));
  return isRefusal(plan) ? plan : assert.fail(`${name} of ${text} is planned`);
}

describe('the own kernel with more words', () => {
  const lines: readonly (readonly [what: string, keys: string, cmdline: string])[] = [
    ['extra', 'extra = "console=hvc0 quiet"', 'console=hvc0 quiet init=/bin/sh'],
    ['root', 'root = "/dev/xvda ro"', 'root=/dev/xvda ro init=/bin/sh'],
    ['root and extra', 'root = "/dev/xvda"\nextra = "ro"', 'root=/dev/xvda ro init=/bin/sh'],
    ['cmdline', 'cmdline = "root=/dev/xvda a=\\"b c\\""', 'root=/dev/xvda a="b c" init=/bin/sh'],
    ['cmdline, which comes before the others', 'cmdline = "a"\nroot = "b"\nextra = "c"', 'a init=/bin/sh'],
    ['no words of its own', '', 'init=/bin/sh'],
  ];
  for (const [what, keys, cmdline] of lines)
    it(`keeps ${what}, and puts the words at the end`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'postern-own-'));
      try {
        const file = join(directory, 'horatio.cfg');
        const text = `${direct}${keys}\n`;
        await writeFile(file, text);
        for (const takesOverrides of [true, false]) {
          const plan = { ...planned('shell', text), config: file };
          assert.equal(plan.boot.cmdline, cmdline);
          const derived = join(directory, 'derived.cfg');
          const creation = await creationOf(plan, derived, takesOverrides);
          const over = creation.overrides
            .map(({ key, value }) => `${key}=${JSON.stringify(value)}\n`)
            .join('');
          const made = config(`${await readFile(creation.config, 'utf8')}${over}`);
          const { kernel, ramdisk, disks, bootloader } = config(text).boot;
          assert.deepEqual(made.boot, { ...config(text).boot, cmdline });
          assert.deepEqual([made.boot.kernel, made.boot.ramdisk, made.boot.disks], [kernel, ramdisk, disks]);
          assert.equal(bootloader, null);
        }
      } finally {
        await rm(directory, { recursive: true });
      }
    });

  it('boots an older kernel of the host with its own ramdisk, or with none, never with the other one', () => {
    const older = planned('older', `${direct}extra = "quiet"\n`);
    const { kernel, ramdisk, cmdline } = older.boot;
    assert.deepEqual(
      [kernel, ramdisk, cmdline],
      ['/srv/xen/older-vmlinuz', '/srv/xen/older-initrd', 'quiet'],
    );
    const bare = planned('bare', direct);
    assert.deepEqual([bare.boot.ramdisk, [...bare.without]], [null, ['ramdisk']]);
  });

  it('takes values from its closed list and no others', () => {
    const text = `${direct}extra = "quiet"\n`;
    const { cmdline } = planned('target', text, { target: 'emergency.target' }).boot;
    assert.equal(cmdline, 'quiet systemd.unit=emergency.target');
    for (const target of ['reboot.target', 'rescue.target init=/bin/sh', '']) {
      const no = profiles.plan(profile('target'), config(text), { target } as never);
      assert.ok(isRefusal(no), target);
    }
    assert.ok(isRefusal(profiles.plan(profile('single'), config(text), { target: 'x' } as never)));
    const [offer] = profiles.offers().filter(({ name }) => name === 'target');
    assert.deepEqual(offer?.parameters[0]?.values, ['rescue.target', 'emergency.target']);
    assert.equal(offer.parameters[0].chooser, 'customer');
  });

  const loaders: readonly (readonly [what: string, text: string])[] = [
    ['pygrub', `${head}bootloader = "pygrub"\n`],
    ['a boot loader with a kernel inside the guest', `${direct}bootloader = "/usr/local/bin/loader"\n`],
    ['PV-GRUB of Debian', `${head}kernel = "/usr/lib/grub-xen/grub-x86_64-xen.bin"\n`],
    [
      'PV-GRUB of Debian for PVH',
      `${head}type = "pvh"\nkernel = "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"\n`,
    ],
    [
      'PV-GRUB of Xen',
      `${head}kernel = "/usr/lib/xen/boot/pv-grub-x86_64.gz"\nextra = "(hd0)/boot/grub/menu.lst"\n`,
    ],
    ['an image that a disk profile names', `${head}kernel = "/srv/xen/menu-image"\n`],
    ['the firmware of HVM', `${head}type = "hvm"\n`],
    ['HVM by its old name', `${head}builder = "hvm"\n`],
    ['HVM with a kernel in its file', `${direct}type = "hvm"\n`],
    ['no kernel at all', head],
  ];
  for (const [what, text] of loaders)
    it(`is refused for ${what}, with how to do it there`, () => {
      for (const name of ['shell', 'older']) {
        const { code, message } = refused(name, text);
        assert.equal(code, 'not-on-this-host');
        assert.match(message, /choose it in GRUB.*press e.*linux.*Ctrl-X/i);
        assert.ok(message.length <= TEXT_LIMITS.sentence, `${message.length}`);
        assert.doesNotMatch(message, /\/srv|\/usr|init=/, 'no path and no word of the settings');
      }
    });

  it('takes a kernel below a directory of the name for a kernel', () => {
    const text = `${head}kernel = "/srv/grub/vmlinuz-6.1"\n`;
    assert.equal(planned('single', text).boot.cmdline, 'single');
  });

  it('adds nothing to a command line that would not print in a file', () => {
    const text = config(`${direct}extra = "a"\n`);
    const odd = { ...text, boot: { ...text.boot, cmdline: 'a\u202eb' } };
    const no = profiles.plan(profile('single'), odd);
    assert.ok(isRefusal(no) && no.code === 'not-on-this-host');
  });

  it('is recognised by what runs, and is never taken for the normal boot', () => {
    for (const text of [`${direct}extra = "quiet"\n`, direct]) {
      const domain = config(text);
      for (const [name, given] of [
        ['shell', {}],
        ['single', {}],
        ['older', {}],
        ['bare', {}],
        ['target', { target: 'rescue.target' }],
        ['normal', {}],
      ] as const)
        assert.equal(profiles.recognise(planned(name, text, given).boot, domain, null), name);
      const byHand = { ...domain.boot, cmdline: `${domain.boot.cmdline ?? ''} init=/bin/bash`.trim() };
      assert.equal(profiles.recognise(byHand, domain, null), UNKNOWN_PROFILE);
      assert.equal(profiles.recognise(domain.boot, domain, null), NORMAL);
    }
  });
});
