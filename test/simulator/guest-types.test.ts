import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseXlLongList } from '../../server/dom0/toolstack/xl-output.js';
import { recordedCalls } from '../support/recorded-xl.js';
import { SimulatedXen } from '../support/simulated-xen.js';
import { dryRunText } from '../../server/simulator/dry-run.js';
import { comparable } from './recording.js';

/** What no real host was asked yet stands in the sources of Xen: xl_vmcontrol.c, xg_dom_core.c. */
describe('simulated guests that are not PV', () => {
  let xen: SimulatedXen;

  before(async () => {
    xen = await SimulatedXen.install({
      timeScale: 0.02,
      domains: [
        { name: 'laertes', type: 'pvh' },
        { name: 'claudius', type: 'hvm', noXenDrivers: true },
        { name: 'polonius', type: 'hvm', noSerial: true },
      ],
    });
  });
  after(() => xen.remove());

  it('PVH: a dry run is what xl 4.20 prints', () => {
    const [, , dry] = recordedCalls('pvh', '4.20');
    const text =
      'name = "pvh1"\ntype = "pvh"\nmemory = 192\nkernel = "/srv/xen/guest/vmlinuz"\nramdisk = "/srv/xen/guest/initrd.img"\nextra = "console=hvc0"\n';
    assert.equal(comparable(dryRunText(text, '/root/pvh.cfg').stdout), comparable(dry?.stdout ?? ''));
  });

  it('PVH: boots, is listed as PVH, and does not take an image of GRUB for PV', async () => {
    const wrong = await xen.xl('create', xen.config('laertes'), `kernel="${xen.host.pvgrub}"`);
    assert.equal(wrong.status, 3);
    assert.match(wrong.stderr, /no loader found: Invalid kernel/);
    assert.equal((await xen.xl('domid', 'laertes')).status, 1);
    await xen.start('laertes');
    const [laertes] = parseXlLongList((await xen.xl('list', '-l', 'laertes')).stdout) ?? [];
    assert.deepEqual(laertes?.guest, { type: 'pvh', textConsole: true });
    await xen.xl('destroy', 'laertes');
  });

  it('HVM: without drivers, only -F shuts it down, and nothing reboots it', async () => {
    await xen.start('claudius');
    for (const [args, says] of [
      [
        ['shutdown', 'claudius'],
        /not possible\.\nUse "-F" to fallback to ACPI power event\.\nshutdown failed \(rc=-10\)/,
      ],
      [
        ['reboot', 'claudius'],
        /not possible\.\nUse "-F" to fallback to ACPI reset event\.\nreboot failed \(rc=-10\)/,
      ],
      [['reboot', '-F', 'claudius'], /sending ACPI reset button event\.\n[^]*reboot failed \(rc=-3\)/],
    ] as const) {
      const { status, stderr } = await xen.xl(...args);
      assert.equal(status, 1, args.join(' '));
      assert.match(stderr, says);
    }
    const { status, stderr } = await xen.xl('shutdown', '-F', '-w', 'claudius');
    assert.equal(status, 0);
    assert.match(stderr, /sending ACPI power button event\.\n/);
    assert.match(stderr, /has been shut down, reason code 0/);
  });

  it('HVM: boots by its boot order, a CD too, and has no tty without a serial port', async () => {
    const cd = `disk=["file:${xen.diskFile('polonius', '').replace(/\/$/, '')},xvda,w","${xen.host.rescueCd},raw,hdc,cdrom"]`;
    await xen.start('polonius', 'boot="d"', cd, 'serial="pty"');
    const console = xen.console('polonius');
    await console.receives('RESCUE MODE');
    console.type('\x1d');
    await xen.xl('destroy', 'polonius');
    // As on a real host: the firmware goes on to the disk from a CD that does not boot.
    await writeFile(join(xen.host.directory, 'srv', 'xen', 'empty.iso'), '');
    await xen.start('polonius', 'boot="d"', cd.replace('rescue.iso', 'empty.iso'), 'serial="pty"');
    const own = xen.console('polonius');
    await own.receives('polonius login:');
    own.type('\x1d');
    await xen.xl('destroy', 'polonius');
    await xen.start('polonius');
    const { status, stderr } = await xen.xl('console', 'polonius');
    assert.equal(status, 2);
    assert.match(stderr, /Could not read tty from store/);
    assert.doesNotMatch(await readFile(xen.config('polonius'), 'utf8'), /kernel|serial/);
    await xen.xl('destroy', 'polonius');
  });
});
