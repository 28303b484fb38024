import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDomainName } from '../../../policy/names.js';
import { firstReason } from '../../../server/dom0/toolstack/reason.js';
import { parseSxp } from '../../../server/dom0/toolstack/sxp.js';
import { parseXmDomid, parseXmList, parseXmLongList } from '../../../server/dom0/toolstack/xm-output.js';
import { XM } from '../../../server/dom0/toolstack/xm-toolstack.js';

/** Written from the source of Xen 4.1's xend (XendDomainInfo.sxpr, XendConfig.to_sxp); not a recording. */
const LISTING = `(domain
    (domid 0)
    (name Domain-0)
    (state r-----)
)
(domain
    (domid 4)
    (cpu_weight 256)
    (on_crash restart)
    (uuid 5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8)
    (bootloader_args )
    (vcpus 2)
    (name horatio)
    (on_reboot restart)
    (bootloader )
    (memory 128)
    (start_time 1325376000.12)
    (cpu_time 3.61)
    (online_vcpus 1)
    (image
        (linux
            (kernel /srv/xen/vmlinuz)
            (ramdisk /srv/xen/initrd.gz)
            (root '/dev/xvda ro')
            (args 'console=hvc0 quote=\\'x\\'')
        )
    )
    (status 2)
    (state -b----)
    (device (vif (mac 00:16:3e:00:00:01) (bridge br0)))
    (device
        (vbd
            (uuid 9a2e6a1e-6e55-4f07-b9e2-95cd6c57d6a1)
            (dev xvda:disk)
            (uname file:/srv/xen/horatio.img)
            (mode w)
        )
    )
    (device (tap (dev hdc:cdrom) (uname tap:aio:/srv/xen/rescue.img) (mode r)))
    (device (tap2 (uname tap2:tapdisk:aio:/srv/xen/data.img) (dev xvdb:disk) (mode rw)))
)
(domain
    (name stored-and-off)
    (uuid 24db4264-fe73-4094-8a98-2bfa861f8e91)
    (status 0)
)
`;

describe('what xm prints', () => {
  it('lists the domains that exist', () => {
    assert.deepEqual(parseXmList(LISTING), [
      {
        name: 'horatio',
        domid: 4,
        memoryMiB: 128,
        vcpus: 1,
        flags: { paused: false, shutdown: null, dying: false },
        cpuSeconds: 3.61,
        uuid: '5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8',
      },
    ]);
    assert.deepEqual(parseXmList(''), []);
  });

  it('says what they were booted with', () => {
    assert.deepEqual(parseXmLongList(LISTING)?.[0]?.boot, {
      kernel: '/srv/xen/vmlinuz',
      ramdisk: '/srv/xen/initrd.gz',
      cmdline: "root=/dev/xvda ro console=hvc0 quote='x'",
      bootloader: null,
      disks: [
        { target: '/srv/xen/horatio.img', vdev: 'xvda', writable: true },
        { target: '/srv/xen/rescue.img', vdev: 'hdc', writable: false, cdrom: true },
        { target: '/srv/xen/data.img', vdev: 'xvdb', writable: true },
      ],
    });
  });

  it('says of a domain that xend stores that it is off', () => {
    assert.equal(parseXmDomid('4\n'), 4);
    assert.equal(parseXmDomid('None\n'), null);
    for (const text of ['', '0\n', 'Nonesuch\n', 'Error\n'])
      assert.equal(parseXmDomid(text), undefined, text);
    assert.deepEqual(parseXmLongList('(domain\n    (name horatio)\n    (status 0)\n)\n'), []);
  });

  it("is quoted by Python's rules", () => {
    assert.deepEqual(parseSxp(`('it\\'s \\\\ \\xe9\\n' "it's" '' plain)`), [
      ["it's \\ \u00e9\n", "it's", '', 'plain'],
    ]);
  });

  it('is refused when its brackets do not close, or close too often', () => {
    for (const text of [
      '(domain (domid 4)',
      '(domain))',
      "(name 'open",
      '('.repeat(100_000),
      'Error: no xend\n',
    ]) {
      assert.equal(parseXmList(text), undefined, text.slice(0, 30));
    }
    assert.deepEqual(parseSxp('(a (b "c d" ()))'), [['a', ['b', 'c d', []]]]);
  });

  it('is spoken to in argv, with nothing that it would split', () => {
    const horatio = parseDomainName('horatio')!;
    assert.deepEqual(XM.domid(horatio), ['domid', 'horatio']);
    assert.deepEqual(XM.domname(4), ['domname', '4']);
    assert.deepEqual(XM.verb('destroy', 4), ['destroy', '4']);
    assert.deepEqual(XM.sysrq(4, 'h'), ['sysrq', '4', 'h']);
    assert.deepEqual(XM.console(4, false), ['console', '4']);
    assert.deepEqual(XM.create({ config: '/var/lib/x.cfg', paused: true, overrides: [] }), [
      'create',
      '--quiet',
      '--paused',
      '/var/lib/x.cfg',
    ]);
    assert.equal(XM.takesOverrides, false);
    assert.equal(XM.saysAbsent("Error: Domain 'nosuch' does not exist.\n"), true);
    assert.equal(XM.saysAbsent(recorded('create-no-xend')), false);
  });
});

/** The README beside the files says where they come from. */
function recorded(name: string): string {
  return readFileSync(
    fileURLToPath(new URL(`../../../../test/fixtures/xm/${name}.txt`, import.meta.url)),
    'utf8',
  );
}

describe('what real xm printed', () => {
  it('is read: Oracle VM, 2016', () => {
    const text = recorded('list-long-oracle-vm-2016');
    assert.deepEqual(parseXmList(text), [
      {
        name: '0004fb0000060000236e45007b980aa1',
        domid: 1,
        memoryMiB: 2048,
        vcpus: 2,
        flags: { paused: false, shutdown: null, dying: false },
        cpuSeconds: 266.840330081,
        uuid: '0004fb00-0006-0000-236e-45007b980aa1',
      },
    ]);
    const folder = '/OVS/Repositories/0004fb0000030000a5c9b5cf920f93e3/VirtualDisks';
    assert.deepEqual(parseXmLongList(text)?.[0]?.boot, {
      kernel: null,
      ramdisk: null,
      cmdline: null,
      bootloader: '/usr/bin/pygrub',
      disks: [{ target: `${folder}/0004fb0000120000e77ab5d916c6c3c2.img`, vdev: 'xvda', writable: true }],
    });
  });

  it('is read: Xen 3.3.1', () => {
    const [domain, ...others] = parseXmLongList(recorded('list-long-xen-3.3.1')) ?? [];
    assert.deepEqual(others, []);
    assert.deepEqual(domain, {
      name: 'UbuntuPVS810',
      domid: 15,
      guest: { type: 'pv', textConsole: true },
      boot: {
        kernel: null,
        ramdisk: null,
        cmdline: null,
        bootloader: '/usr/bin/pygrub',
        disks: [{ target: '/dev/sdb7', vdev: 'xvda', writable: true }],
      },
    });
  });

  it('has its reason told in one line, without paths and without its help', () => {
    const cases = [
      [recorded('create-no-xend'), 'Unable to connect to xend: No such file or directory. Is xend running?'],
      [
        recorded('create-no-memory'),
        'I need 526336 KiB, but dom0_min_mem is 200704 and shrinking to 200704 KiB would leave only 304392 KiB free.',
      ],
      [
        recorded('create-no-disk'),
        'Device 51728 (vbd) could not be connected. <path> is not a block device.',
      ],
      [
        "Error: 'xm domid' requires 1 argument.\n\nUsage: xm domid <DomainName>\n\nConvert a domain name to domain id.\n",
        "'xm domid' requires 1 argument.",
      ],
      [
        'Unexpected error: <type \'exceptions.OSError\'>\n\nTraceback (most recent call last):\n  File "/usr/sbin/xm", line 7, in <module>\nOSError: [Errno 2] No such file or directory\n',
        'OSError: [Errno 2] No such file or directory',
      ],
    ];
    for (const [said = '', reason] of cases) assert.equal(firstReason(said), reason);
  });
});
