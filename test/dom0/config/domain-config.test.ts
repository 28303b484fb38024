import assert from 'node:assert/strict';
import { readDomainConfig } from '../../../server/dom0/config/domain-config.js';
import type { DomainConfig } from '../../../server/dom0/config/domain-config.js';
import { parseConfigText, withoutKeys } from '../../../server/dom0/config/domain-config-text.js';
import { parseDiskSpec } from '../../../server/dom0/config/disk-spec.js';

const TEXT = `# horatio, since 2009
name = "horatio"   # the friend
type='pv'
memory = 128 ; vcpus = 2
kernel = "/srv/xen/vmlinuz"
root = "/dev/xvda ro"
extra = 'console=hvc0 # not a comment'
disk = [
  'file:/srv/xen/horatio.img,xvda,w',   # root
  "phy:/dev/vg0/horatio-swap,xvdb,w",
]
vif = [ 'mac=00:16:3e:00:00:01, bridge=br0' ]
on_crash = "preserve"
import os
if True:
    cpus = "0-3"
`;

function config(text: string): DomainConfig {
  const read = readDomainConfig('/etc/xen/x.cfg', text);
  if (typeof read === 'string') assert.fail(read);
  return read;
}

describe("a domain's configuration file", () => {
  it('is read as far as it is assignments', () => {
    const horatio = config(TEXT);
    assert.equal(horatio.name, 'horatio');
    assert.equal(horatio.memoryMiB, 128);
    assert.equal(horatio.vcpus, 2);
    assert.deepEqual(horatio.diskSpecs, [
      'file:/srv/xen/horatio.img,xvda,w',
      'phy:/dev/vg0/horatio-swap,xvdb,w',
    ]);
    assert.equal(horatio.boot.cmdline, 'root=/dev/xvda ro console=hvc0 # not a comment');
    assert.deepEqual(horatio.comesBack, { onPoweroff: false, onReboot: true, onCrash: false });
  });

  it('has the last of several assignments, and what += adds', () => {
    const twice = config(
      'name="a1"\nname="a2"\ndisk=["file:/a,xvda,w"]\ndisk+=["file:/b,xvdb,w"]\ncmdline="x"\nextra="y"\n',
    );
    assert.equal(twice.name, 'a2');
    assert.equal(twice.diskSpecs.length, 2);
    assert.equal(twice.boot.cmdline, 'x');
  });

  it('understands escapes as xl does', () => {
    const [statement] = parseConfigText('extra = "a\\"b\\\\c\\x41\\101\\t"');
    assert.equal(statement?.value, 'a"b\\cAA\t');
  });

  it('says why it is none that we manage', () => {
    assert.match(readDomainConfig('/x', 'memory = 64\n') as string, /no name/);
    assert.match(readDomainConfig('/x', 'name = "bad\nkernel = \n') as string, /no name/);
    for (const name of [
      '-a',
      '0',
      '42',
      'Domain-0',
      'two words',
      '../etc',
      'x'.repeat(64),
      'list',
      'hörst',
    ]) {
      assert.match(readDomainConfig('/x', `name = "${name}"\n`) as string, /none that can be managed/, name);
    }
  });

  it('has no value that is only the beginning of an expression, or in a block that may not be run', () => {
    const value = (key: string, text: string): unknown =>
      parseConfigText(text).findLast((each) => each.key === key)?.value;
    for (const text of [
      'name = base + "01"',
      'name = "node%d" % vmid',
      'name = "web" + "01"',
      "name = 'a' \\\n  'b'",
      'name = "a" if x else "b"',
      'name = hostname',
      'name = f("x")',
      'name = "a".lower()',
      'name = """a"""',
      'name = 3 + 4',
      'if x:\n    name = "a"',
      'def f():\n    y = 1\n    name = "a"',
      'name = "a"\nif x:\n    name = "b"',
    ]) {
      assert.equal(value('name', text), null, text);
      assert.match(readDomainConfig('/x', `${text}\n`) as string, /no name that can be read/, text);
    }
    for (const text of [
      "disk = ['phy:/dev/vg/a,xvda,w'] + ['phy:/dev/vg/b,xvdb,w']",
      "disk = ['phy:/dev/vg/' + name + ',xvda,w']",
      "disk = ['phy:/dev/vg/%s,xvda,w' % name, 'phy:/dev/vg/b,xvdb,w']",
      "disk = ['a' 'b']",
      "disk = ('phy:/dev/vg/a,xvda,w',)",
    ])
      assert.equal(value('disk', text), null, text);
    const outer = 'name = "outer"  # the one\n"""\nname = "old"\n"""\n  memory = 64 ;vcpus=2\r\n';
    assert.deepEqual(
      [value('name', outer), value('memory', outer), value('vcpus', outer)],
      ['outer', '64', '2'],
    );
    assert.equal(
      withoutKeys('a = "1"\nname = base + "01"\nb = 2\n', new Set(['name'])),
      'a = "1"\n\nb = 2\n',
    );
  });

  it('gives up nothing else with the keys that are taken out', () => {
    const without = withoutKeys(TEXT, new Set(['disk', 'type']));
    assert.equal(config(without).diskSpecs.length, 0);
    assert.equal(config(without).boot.kernel, '/srv/xen/vmlinuz');
    assert.match(without, /vif = \[ 'mac=00:16:3e:00:00:01, bridge=br0' \]/);
    assert.equal(withoutKeys(TEXT, new Set()), TEXT);
  });

  it('never hangs or throws on garbage', () => {
    for (const text of [
      '',
      '=',
      '[[[',
      'a = [',
      'a = [1, [2, "x',
      'name',
      '"',
      "a='\\",
      'a=\\',
      '\0\0',
      'a=[=,=]',
    ]) {
      parseConfigText(text);
    }
  });
});

describe('a disk', () => {
  const cases: [string, string, string, boolean][] = [
    ['file:/srv/xen/a.img,xvda,w', '/srv/xen/a.img', 'xvda', true],
    ['phy:vg0/a,sda1,r', 'vg0/a', 'sda1', false],
    ['tap:aio:/srv/a.img,xvda,w', '/srv/a.img', 'xvda', true],
    ['tap2:tapdisk:aio:/srv/a.img,xvda,w', '/srv/a.img', 'xvda', true],
    ['file:/srv/cd.iso,hdc:cdrom,r', '/srv/cd.iso', 'hdc', false],
    ['/dev/vg/a,raw,xvda,rw', '/dev/vg/a', 'xvda', true],
    ['/dev/vg/a,raw,xvda,r', '/dev/vg/a', 'xvda', false],
    ['/srv/a.img,,xvda', '/srv/a.img', 'xvda', true],
    ['format=raw, vdev=xvda, access=rw, target=/srv/a,b.img', '/srv/a,b.img', 'xvda', true],
    ['vdev=xvda,access=ro,target=/srv/a.img', '/srv/a.img', 'xvda', false],
  ];
  for (const [spec, target, vdev, writable] of cases) {
    it(`is read from ${spec}`, () => {
      const cdrom = spec.includes('cdrom') ? { cdrom: true } : {};
      assert.deepEqual(parseDiskSpec(spec), { target, vdev, writable, shareable: false, ...cdrom });
    });
  }

  it('may be shared when the operator says w!', () => {
    assert.equal(parseDiskSpec('phy:/dev/vg/ocfs,xvdb,w!').shareable, true);
  });
});
