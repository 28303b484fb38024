import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { Dom0Settings, DirectProfile } from '../../config/dom0-settings.js';
import { loadDom0Settings } from '../../config/dom0-settings.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const DIRECT = 'title: t, disks: d., kind: direct, kernel: /k';
const NO_LOADER =
  '3:6 A disk profile boots by `kernel` (a PV-GRUB image), by `kernels` (one for each type of guest) or by `bootloader`, one of the three.';
const DISK = 'title: t, disks: d., kind: disk, disk: "phy:/dev/vg/r,xvdz,r"';

describe('loadDom0Settings', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  function load(text: string): Dom0Settings {
    const result = loadDom0Settings(directory.write('dom0.yaml', text));
    assert.ok(result.ok, JSON.stringify(result));
    return result.settings;
  }

  /** `line:column sentence` of each problem. */
  function problems(text: string): readonly string[] {
    const result = loadDom0Settings(directory.write('dom0.yaml', text));
    assert.ok(!result.ok, 'it was loaded');
    return result.problems.map(({ place, message }) => `${place.line}:${place.column} ${message}`);
  }

  it('fills every default in', () => {
    assert.deepEqual(load('host: xen1\n'), {
      host: 'xen1',
      socket: '/run/postern/dom0.sock',
      socketGroup: null,
      state: '/var/lib/postern-dom0',
      toolstack: {
        kind: 'xl',
        command: '/usr/sbin/xl',
        environment: {},
        consoleEscapeOption: false,
        timeoutSeconds: 30,
      },
      domains: ['/etc/xen/*.cfg'],
      unmanaged: [],
      profiles: {},
      seeds: { command: '/usr/bin/xorriso', xenstoreRead: '/usr/bin/xenstore-read', networks: [] },
      limits: { createsPerDomain: { count: 20, windowSeconds: 3600 }, powerOffsPerMinute: 30 },
      acpiButton: true,
      deadlines: { shutdownSeconds: 120, createSeconds: 120, rebootSeconds: 180, destroySeconds: 60 },
      observe: { intervalSeconds: 2, goneAfterSeconds: 60 },
      usage: { xentop: '/usr/sbin/xentop' },
      console: {
        attach: 'always',
        announceAdmins: true,
        log: { keep: true, perDomainMiB: 16, totalMiB: 1024, rateKiB: 32, days: 90, goneDays: 30 },
      },
      images: {},
      reinstall: { mibPerSecond: 200 },
      sysrqKeys: 'hmpstuw',
      log: { level: 'info' },
    });
  });

  it('makes profiles of all kinds whole', () => {
    const text = [
      'host: xen1',
      'profiles:',
      `  a: {${DIRECT}}`,
      `  b: {${DIRECT}, ramdisk: /r, extra: console=hvc0, addDisks: ["phy:/x,xvdy,r"], hint: "Mount\\n  it."}`,
      `  c: {${DISK}, kernel: /pv-grub}`,
      `  d: {${DISK}, bootloader: pygrub}`,
      `  e: {${DISK}, kernels: {pvh: /grub-pvh, pv: /grub-pv}}`,
      `  f: {${DISK}, kernel: /pv-grub, types: [pvh]}`,
      `  g: {${DIRECT}, types: [pvh]}`,
      '  h: {title: t, disks: d., kind: cdrom, disk: "/srv/rescue.iso,raw,hdc,cdrom"}',
      `  i: {${DIRECT}, keep: true, atEnd: reset}`,
      '  j: {title: t, disks: d., kind: own, extra: single}',
      '  k: {title: t, disks: d., kind: own, kernel: /k, ramdisk: /r, types: [pv]}',
      '',
    ].join('\n');
    const words = { title: 't', disks: 'd.', hint: '', keep: false, atEnd: 'normal' };
    const both = ['pv', 'pvh'];
    const direct = { ...words, kind: 'direct', types: both, kernel: '/k', ramdisk: null, extra: '' };
    const a = { ...direct, parameters: {}, addDisks: [] };
    const c = {
      ...words,
      kind: 'disk',
      types: ['pv'],
      disk: 'phy:/dev/vg/r,xvdz,r',
      kernel: '/pv-grub',
      kernels: null,
      bootloader: null,
    };
    assert.deepEqual(load(text).profiles, {
      a,
      b: { ...a, hint: 'Mount it.', ramdisk: '/r', extra: 'console=hvc0', addDisks: ['phy:/x,xvdy,r'] },
      c,
      d: { ...c, types: both, kernel: null, bootloader: 'pygrub' },
      e: { ...c, types: both, kernel: null, kernels: { pv: '/grub-pv', pvh: '/grub-pvh' } },
      f: { ...c, types: ['pvh'] },
      g: { ...a, types: ['pvh'] },
      h: { ...words, kind: 'cdrom', types: ['hvm'], disk: '/srv/rescue.iso,raw,hdc,cdrom' },
      i: { ...a, keep: true, atEnd: 'reset' },
      j: {
        ...words,
        kind: 'own',
        types: ['pv', 'pvh', 'hvm'],
        extra: 'single',
        parameters: {},
        kernel: null,
        ramdisk: null,
      },
      k: {
        ...words,
        kind: 'own',
        types: ['pv'],
        extra: '',
        parameters: {},
        kernel: '/k',
        ramdisk: '/r',
      },
    });
  });

  it('warns of an image for PVH guests that is given for PV guests', () => {
    const text = `host: x\nprofiles:\n  p: {${DISK}, kernel: /g/grub-i386-xen_pvh.bin}\n`;
    const result = loadDom0Settings(directory.write('dom0.yaml', text));
    assert.ok(result.ok);
    assert.deepEqual(
      result.warnings.map(({ place, message }) => `${place.line}:${place.column} ${message}`),
      [
        '3:78 grub-i386-xen_pvh.bin seems to be for PVH guests, and `kernel` is for PV guests. Write `kernels: {pvh: /g/grub-i386-xen_pvh.bin}`.',
      ],
    );
    const meant = text.replace('.bin}', '.bin, types: [pvh]}');
    const again = loadDom0Settings(directory.write('dom0.yaml', meant));
    assert.ok(again.ok);
    assert.deepEqual(again.warnings, []);
  });

  it('makes the parameters of a command line whole', () => {
    const text = [
      'host: xen1',
      'profiles:',
      `  p: {${DIRECT}, extra: "a=\${suite} b=\${size} c=\${domain} d=\${suite} $x", parameters: {`,
      '    suite: {title: suite, values: [bookworm, trixie], default: trixie},',
      '    size: {title: disk size, pattern: "[1-9][0-9]?G|all"}}}',
      '',
    ].join('\n');
    const { p } = load(text).profiles as Readonly<Record<string, DirectProfile>>;
    assert.equal(p?.extra, 'a=${suite} b=${size} c=${domain} d=${suite} $x');
    assert.deepEqual(p.parameters, {
      suite: {
        title: 'suite',
        values: ['bookworm', 'trixie'],
        pattern: null,
        default: 'trixie',
        chooser: 'admin',
      },
      size: {
        title: 'disk size',
        values: null,
        pattern: '[1-9][0-9]?G|all',
        default: null,
        chooser: 'admin',
      },
    });
  });

  it('begins relative paths and globs at the directory of the file', () => {
    const { state, socket, domains } = load(
      'host: x\nstate: state\nsocket: dom0.sock\ndomains: ["guests/*.cfg"]\n',
    );
    assert.deepEqual(
      [state, socket, domains],
      [directory.file('state'), directory.file('dom0.sock'), [directory.file('guests/*.cfg')]],
    );
  });

  it('takes Domain-0 among the unmanaged, where it is anyway', () => {
    assert.deepEqual(load('host: x\nunmanaged: [Domain-0, router]\n').unmanaged, ['router']);
  });

  it('loads the example that is shipped', () => {
    const file = fileURLToPath(new URL('../../../config/examples/dom0.yaml', import.meta.url));
    assert.ok(loadDom0Settings(file).ok);
  });

  it('warns of xl taken for xm', () => {
    const result = loadDom0Settings(directory.write('dom0.yaml', 'host: x\ntoolstack: {kind: xm}\n'));
    assert.ok(result.ok);
    assert.deepEqual(
      result.warnings.map(({ message }) => message),
      ['This is the way xm speaks, and the command is /usr/sbin/xl.'],
    );
  });

  describe('refuses', () => {
    const toolstack = (text: string): string => `host: x\ntoolstack: {${text}}\n`;
    const profile = (text: string, name = 'p'): string => `host: x\nprofiles:\n  ${name}: {${text}}\n`;
    /** The parameter is on line 5, from column 8 on. */
    const parameter = (text: string, extra = 'a=${s}'): string =>
      `host: x\nprofiles:\n  p: {${DIRECT}, extra: "${extra}",\n    parameters: {\n    s: {${text}}}}\n`;
    const both = '5:8 A parameter has either `values` or a `pattern`.';
    const ownRule = 'is not what the parameter may be by its own rule.';
    const table: readonly (readonly [string, string, readonly string[]])[] = [
      ['no host', '{}\n', ['1:1 The key `host` is missing.']],
      ['a command that is searched for', toolstack('command: xl'), ['2:22 "xl" is not absolute.']],
      ['a command beside the file', toolstack('command: ./xl'), ['2:22 "./xl" is not absolute.']],
      ['another toolstack', toolstack('kind: virsh'), ['2:19 `virsh` is not known here.']],
      [
        'an escape character that xm does not have',
        toolstack('kind: xm, command: /usr/sbin/xm, consoleEscapeOption: true'),
        ['2:67 The console of `xm` has no other escape character.'],
      ],
      [
        'a variable that is no name',
        toolstack('environment: {"A=B": c}'),
        ['2:27 `A=B` cannot be a name here.'],
      ],
      ['a variable that is a number', toolstack('environment: {A: 1}'), ['2:30 1 does not fit `A`.']],
      [
        'a glob of directories',
        'host: x\ndomains: ["/etc/*/x.cfg"]\n',
        ['2:11 Only the last part of the path may be a glob.'],
      ],
      [
        'a glob of another kind',
        'host: x\ndomains: ["/etc/xen/[ab].cfg"]\n',
        ['2:11 Only * and ? are special in a glob here.'],
      ],
      ['no domains', 'host: x\ndomains: []\n', ['2:10 The list `domains` is empty.']],
      ['the name of no domain', 'host: x\nunmanaged: ["12"]\n', ['2:13 No domain can ever be called "12".']],
      [
        'a profile called normal',
        profile(DIRECT, 'normal'),
        ['3:11 A profile cannot be called `normal`: the word has its own meaning.'],
      ],
      [
        'a profile called unknown',
        profile(DIRECT, 'unknown'),
        ['3:12 A profile cannot be called `unknown`: the word has its own meaning.'],
      ],
      ['a profile in capitals', profile(DIRECT, 'Rescue'), ['3:3 `Rescue` cannot be a name here.']],
      ['a profile without a kind', profile('title: t'), ['3:6 The key `kind` is missing.']],
      ['a profile of another kind', profile('kind: dirct'), ['3:13 `dirct` is not known here.']],
      [
        'a kernel that is not absolute',
        profile('title: t, disks: d, kind: direct, kernel: vmlinuz'),
        ['3:49 "vmlinuz" is not absolute.'],
      ],
      [
        'a ramdisk that is not absolute',
        profile(`${DIRECT}, ramdisk: initrd`),
        ['3:63 "initrd" is not absolute.'],
      ],
      [
        'a direct profile without a kernel',
        profile('title: t, disks: d, kind: direct'),
        ['3:6 The key `kernel` is missing.'],
      ],
      ['a key of the other kind', profile(`${DIRECT}, disk: x`), ['3:54 There is no key `disk` here.']],
      ['a disk profile that boots nothing', profile(DISK), [NO_LOADER]],
      ['a disk profile that boots twice', profile(`${DISK}, kernel: /k, bootloader: pygrub`), [NO_LOADER]],
      [
        'a disk profile with an image for all and one for each',
        profile(`${DISK}, kernel: /k, kernels: {pv: /k}`),
        [NO_LOADER],
      ],
      [
        'images for each type, and types',
        profile(`${DISK}, kernels: {pv: /k}, types: [pvh]`),
        ['3:96 The keys of `kernels` are the types already.'],
      ],
      [
        'an image for a type that boots none',
        profile(`${DISK}, kernels: {hvm: /k}`),
        ['3:80 There is no key `hvm` here.'],
      ],
      ['a kernel for HVM', profile(`${DIRECT}, types: [hvm]`), ['3:62 `hvm` is not known here.']],
      ['a profile for no type', profile(`${DIRECT}, types: []`), ['3:61 The list `types` is empty.']],
      [
        'an own boot that changes nothing',
        profile('title: t, disks: d, kind: own'),
        ['3:6 This profile changes nothing: it needs words in `extra`, or a `kernel`.'],
      ],
      [
        'a ramdisk without its kernel',
        profile('title: t, disks: d, kind: own, extra: single, ramdisk: /r'),
        ['3:62 `ramdisk` goes with `kernel`: without it the domain keeps its own.'],
      ],
      [
        'an own boot with a word that nothing declares',
        profile('title: t, disks: d, kind: own, extra: "${suite}"'),
        ['3:45 There is no parameter `suite` in this profile.'],
      ],
      [
        'free text from customers',
        parameter('title: t, pattern: x, chooser: customer'),
        ['5:28 A customer chooses from a closed list: write `values`.'],
      ],
      [
        'a chooser that nobody is',
        parameter('title: t, values: [a], chooser: anybody'),
        ['5:41 `anybody` is not known here.'],
      ],
      [
        'more ways to boot than a menu has room for',
        parameter(
          `title: t, chooser: customer, values: [${Array.from({ length: 51 }, (_, at) => `v${at}`).join(', ')}]`,
        ),
        ['4:17 Customers would have 51 ways to boot this profile: the menu shows each, and has room for 50.'],
      ],
      [
        'types of a CD',
        profile('title: t, disks: d, kind: cdrom, disk: x, types: [hvm]'),
        ['3:49 There is no key `types` here.'],
      ],
      [
        'a boot loader that is not absolute',
        profile(`${DISK}, bootloader: ./pygrub`),
        ['3:82 "./pygrub" is not absolute.'],
      ],
      [
        'a sentence that works on terminals',
        profile('title: "\\e[0m", disks: d, kind: direct, kernel: /k'),
        ['3:14 The text holds U+001B, which does not print.'],
      ],
      [
        'a command line of two lines',
        profile(`${DIRECT}, extra: "a\\u0085b"`),
        ['3:61 The text holds U+0085, which does not print.'],
      ],
      [
        'a parameter that is not declared',
        parameter('title: t, pattern: x', '${s} ${sweet}'),
        ['3:61 There is no parameter `sweet` in this profile.'],
      ],
      [
        'a reference to nothing',
        profile(`${DIRECT}, extra: "a=\${} b=\${c"`),
        ['3:61 A `${` is not closed by a `}`.', '3:61 There is no parameter `` in this profile.'],
      ],
      [
        'a parameter that is not used',
        parameter('title: t, pattern: x', 's'),
        ['5:8 `extra` does not use `${s}`.'],
      ],
      [
        'a parameter called domain',
        parameter('title: t, pattern: x}, domain: {title: t, pattern: x'),
        ['5:40 A parameter cannot be called `domain`: that is the name of the domain, and built in.'],
      ],
      [
        'a parameter in capitals',
        parameter('title: t, pattern: x}, Suite: {title: t, pattern: x'),
        ['5:32 `Suite` cannot be a name here.'],
      ],
      ['a parameter without a title', parameter('pattern: x'), ['5:8 The key `title` is missing.']],
      ['a parameter without a rule', parameter('title: t'), [both]],
      ['a parameter with two rules', parameter('title: t, pattern: x, values: [x]'), [both]],
      [
        'a parameter with an empty list',
        parameter('title: t, values: []'),
        ['5:27 The list `values` is empty.'],
      ],
      [
        'a value twice',
        parameter('title: t, values: [a, a]'),
        ['5:31 "a" stands in the list `values` twice.'],
      ],
      [
        'a value that is a number',
        parameter('title: t, values: [12]'),
        ['5:28 12 does not fit an entry of `values`.'],
      ],
      [
        'values that are no words',
        parameter('title: t, values: ["a b", "", "-x", ä, "a\\nb", "$(x)", "\'"]'),
        ['"a b"', '""', '"-x"', '"ä"', '"a\\nb"', '"$(x)"', '"\'"'].map(
          (value, at) => `5:${[28, 35, 39, 45, 48, 56, 64][at]} ${value} cannot be a value.`,
        ),
      ],
      [
        'a pattern that is none',
        parameter('title: t, pattern: "("'),
        ['5:28 "(" is not a regular expression.'],
      ],
      [
        'a pattern that gets round its anchors',
        parameter('title: t, pattern: "a)|(b"'),
        ['5:28 "a)|(b" is not a regular expression.'],
      ],
      [
        'a default outside of the list',
        parameter('title: t, values: [a], default: b'),
        [`5:41 "b" ${ownRule}`],
      ],
      [
        'a default that matches in part',
        parameter('title: t, pattern: "[a-z]", default: ab'),
        [`5:46 "ab" ${ownRule}`],
      ],
      [
        'a default that a pattern would allow, and that is two words',
        parameter('title: t, pattern: ".*", default: "a b"'),
        ['5:43 "a b" cannot be a value.'],
      ],
      [
        'a pattern that takes for ever',
        parameter(`title: t, pattern: "(a+)+b", default: ${'a'.repeat(60)}`),
        [`5:47 "${'a'.repeat(60)}" ${ownRule}`],
      ],
      [
        'a key that is unknown',
        parameter('title: t, pattern: x, regex: y'),
        ['5:31 There is no key `regex` here.'],
      ],
      [
        'paths with parameters',
        'host: x\nprofiles:\n  p: {title: t, disks: d, kind: direct, kernel: "/k/${s}", ramdisk: "/r${domain}",\n' +
          '    extra: "${s}", addDisks: ["file:/${s},xvdy,r"], parameters: {s: {title: t, pattern: x}}}\n',
        ['3:49', '3:69', '4:31'].map(
          (place) => `${place} Only \`extra\` may have parameters: no path depends on them.`,
        ),
      ],
      [
        'parameters of a disk profile',
        profile(`${DISK}, kernel: /k, parameters: {}`),
        ['3:82 There is no key `parameters` here.'],
      ],
      ['a SysRq key that is none', 'host: x\nsysrqKeys: "hs "\n', ['2:12 "hs " does not fit `sysrqKeys`.']],
      [
        'an unknown way to attach',
        'host: x\nconsole: {attach: never}\n',
        ['2:19 `never` is not known here.'],
      ],
      [
        'a limit of a limit',
        'host: x\nlimits: {createsPerDomain: {count: 0}}\n',
        ['2:36 0 does not fit `count`.'],
      ],
      [
        'a mapping for a word',
        'host: {a: b}\nlog: {level: [info]}\n',
        [
          '1:7 A mapping does not fit `host`.',
          '2:14 A list does not fit `level`.',
          '2:14 A list is not known here.',
        ],
      ],
    ];
    for (const [name, text, expected] of table) {
      it(name, () => {
        assert.deepEqual(problems(text), expected);
      });
    }
  });
});
