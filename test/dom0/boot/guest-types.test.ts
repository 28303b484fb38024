import assert from 'node:assert/strict';
import { NORMAL, parseBootProfileName, UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { BootProfileName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { BootCheck } from '../../../server/dom0/boot/boot-check.js';
import type { BootPlan } from '../../../server/dom0/boot/boot-plan.js';
import { BootProfiles, ProfileError } from '../../../server/dom0/boot/boot-profiles.js';
import type { ProfileSettings } from '../../../server/dom0/boot/boot-profiles.js';
import { domainConfigOf } from '../../../server/dom0/config/domain-config.js';
import type { DomainConfig } from '../../../server/dom0/config/domain-config.js';
import { Transcripts } from '../../../server/dom0/toolstack/transcripts.js';
import { dryRunLikeXl } from '../../support/dry-run-like-xl.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const words = { title: 't', disks: 'd.', hint: '' };
const disk = { ...words, kind: 'disk', disk: 'file:/r.img,xvdz,r', kernel: null, bootloader: null } as const;
const direct = { ...words, kind: 'direct', ramdisk: null, extra: '', parameters: {}, addDisks: [] } as const;
const CD = '/r.iso,raw,hdc,cdrom';
const SETTINGS: Readonly<Record<string, ProfileSettings>> = {
  direct: { ...direct, types: ['pv', 'pvh'], kernel: '/k-rescue' },
  'direct-pvh': { ...direct, types: ['pvh'], kernel: '/k-pvh' },
  grub: { ...disk, types: ['pv'], kernel: '/grub-pv', kernels: null },
  grubs: { ...disk, types: ['pv', 'pvh'], kernels: { pv: '/grub-pv', pvh: '/grub-pvh' } },
  'grub-pvh': { ...disk, types: ['pvh'], kernels: { pvh: '/grub-pvh' } },
  pygrub: { ...disk, types: ['pv', 'pvh'], kernels: null, bootloader: 'pygrub' },
  cd: { ...words, kind: 'cdrom', types: ['hvm'], disk: CD },
};

/** Profiles that boot the same as another one before them. */
const TWIN: Readonly<Record<string, string>> = { 'pv grubs': 'grub', 'pvh grub-pvh': 'grubs' };

const DISK = 'disk = [ "phy:/dev/vg/g,xvda,w" ]\n';
const OWN_CD = 'disk = [ "phy:/dev/vg/g,hda,w", "/win.iso,raw,hdd,cdrom", "phy:/dev/vg/h,hdb,w" ]\n';
const FILES = {
  pv: `name = "g"\nkernel = "/k"\n${DISK}`,
  pvh: `name = "g"\ntype = "pvh"\nkernel = "/k"\n${DISK}`,
  hvm: `name = "g"\ntype = "hvm"\nserial = "pty"\n${DISK}`,
};

describe('boot profiles and the types of guests', () => {
  const directory = new TemporaryDirectory();
  const profiles = new BootProfiles(SETTINGS);
  after(() => {
    directory.dispose();
  });

  /** The domain of a file, as the toolstack reads it. */
  async function domain(text: string): Promise<DomainConfig> {
    const file = directory.write('g.cfg', text);
    const made = await dryRunLikeXl({ config: file, overrides: [] });
    assert.ok(!isRefusal(made) && !('refused' in made), text);
    const config = domainConfigOf(file, made, text);
    assert.ok(typeof config !== 'string');
    return config;
  }

  function plan(profile: string, config: DomainConfig): BootPlan {
    const made = profiles.plan(profile as BootProfileName, config);
    if (isRefusal(made)) assert.fail(made.message);
    return made;
  }

  /** What the toolstack makes of a plan has to be what was meant. */
  async function check(profile: string, config: DomainConfig): Promise<string | null> {
    const transcripts = new Transcripts(directory.path);
    const toolstack = { dryRun: dryRunLikeXl, takesOverrides: true };
    const refused = await new BootCheck({ toolstack, transcripts }).plan(plan(profile, config), config, 'id');
    return refused?.detail ?? null;
  }

  for (const [type, fit] of [
    ['pv', ['direct', 'grub', 'grubs', 'pygrub']],
    ['pvh', ['direct', 'direct-pvh', 'grubs', 'grub-pvh', 'pygrub']],
    ['hvm', ['cd']],
  ] as const) {
    it(`${type}: it has ${fit.join(', ')}, and the others are refused with a sentence`, async () => {
      const config = await domain(FILES[type]);
      assert.deepEqual(profiles.names(config), fit);
      for (const name of Object.keys(SETTINGS)) {
        const made = profiles.plan(parseBootProfileName(name)!, config);
        if (fit.some((one) => one === name)) {
          assert.ok(!isRefusal(made), name);
          assert.equal(await check(name, config), null, name);
          assert.equal(profiles.recognise(made.boot, config, null), TWIN[`${type} ${name}`] ?? name);
        } else {
          assert.ok(isRefusal(made), name);
          assert.equal(made.code, 'not-on-this-host');
          assert.match(
            made.message,
            new RegExp(
              `^This server is ${type.toUpperCase()}, and the boot profile ${name} is for .* only\\. Choose another\\.$`,
            ),
          );
        }
      }
    });
  }

  it('take the image of the domain’s type', async () => {
    const kernel = async (text: string): Promise<string | null> =>
      plan('grubs', await domain(text)).boot.kernel;
    assert.equal(await kernel(FILES.pv), '/grub-pv');
    assert.equal(await kernel(FILES.pvh), '/grub-pvh');
    const refused = profiles.plan('grub' as BootProfileName, await domain(FILES.pvh));
    assert.ok(isRefusal(refused));
    assert.equal(
      refused.message,
      'This server is PVH, and the boot profile grub is for PV only. Choose another.',
    );
  });

  it('with a CD leave the domain’s own CD drives out, and boot nothing but theirs', async () => {
    const config = await domain(FILES.hvm.replace(DISK, OWN_CD));
    const { overrides, boot, without } = plan('cd', config);
    assert.deepEqual(overrides, [
      { key: 'boot', value: 'd' },
      { key: 'disk', value: ['phy:/dev/vg/g,hda,w', 'phy:/dev/vg/h,hdb,w', CD] },
    ]);
    assert.deepEqual([...without], []);
    assert.deepEqual(
      boot.disks.map(({ target, writable }) => [target, writable]),
      [
        ['/dev/vg/g', true],
        ['/dev/vg/h', true],
        ['/r.iso', false],
      ],
    );
    assert.equal(await check('cd', config), null);
  });

  it('with a CD drop a kernel that QEMU would boot instead', async () => {
    const config = await domain(`${FILES.hvm}kernel = "/k"\nramdisk = "/i"\nextra = "quiet"\n`);
    assert.equal(config.boot.kernel, '/k');
    assert.deepEqual([...plan('cd', config).without].sort(), ['extra', 'kernel', 'ramdisk']);
    assert.equal(await check('cd', config), null);
    const firmware = await domain(`${FILES.hvm}kernel = "/usr/lib/xen/boot/hvmloader"\n`);
    assert.deepEqual([...plan('cd', firmware).without], []);
  });

  it('with a CD are refused where a disk of the domain has its place', async () => {
    for (const vdev of ['hdc', 'xvdc', 'sdc', 'xvdc1']) {
      const config = await domain(FILES.hvm.replace('xvda', vdev));
      const refused = profiles.plan('cd' as BootProfileName, config);
      assert.ok(isRefusal(refused), vdev);
      assert.match(refused.message, new RegExp(`a disk of its own \\(${vdev}\\) where .* its CD \\(hdc\\)`));
    }
  });

  it('are told apart by the boot order, where xl’s own may be shown or not', async () => {
    const config = await domain(FILES.hvm);
    const shown = (bootOrder: string): BootProfileName =>
      profiles.recognise({ ...config.boot, bootOrder }, config, null);
    assert.equal(shown('cda'), NORMAL);
    assert.equal(shown('dc'), UNKNOWN_PROFILE);
    assert.equal(profiles.recognise(config.boot, config, null), NORMAL);
  });

  it('a file whose type changed under a plan is not booted', async () => {
    const config = await domain(FILES.pv);
    directory.write('g.cfg', FILES.pvh);
    assert.match((await check('grubs', config)) ?? '', /something else of it than of its own file/);
  });

  it('are refused at start where a CD image is no CD', () => {
    const wrong = { ...SETTINGS['cd'], disk: 'file:/r.iso,hdc,r' } as ProfileSettings;
    assert.throws(() => new BootProfiles({ cd: wrong }), ProfileError);
  });
});
