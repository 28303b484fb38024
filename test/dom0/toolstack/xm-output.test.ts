import assert from 'node:assert/strict';
import { parseDomainName } from '../../../policy/names.js';
import { parseSxp } from '../../../server/dom0/toolstack/sxp.js';
import { parseXmList, parseXmLongList } from '../../../server/dom0/toolstack/xm-output.js';
import { XM } from '../../../server/dom0/toolstack/xm-toolstack.js';

/** Written after Xen 4.1's xend (XendDomainInfo.sxpr, XendConfig.to_sxp); not a recording. */
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
    (device (vbd (dev hdc:cdrom) (uname tap:aio:/srv/xen/rescue.img) (mode r)))
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
        { target: '/srv/xen/rescue.img', vdev: 'hdc', writable: false },
      ],
    });
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
    assert.equal(XM.saysAbsent('Error: Unable to connect to xend: No such file or directory.\n'), false);
  });
});
