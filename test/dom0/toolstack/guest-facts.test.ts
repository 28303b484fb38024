import assert from 'node:assert/strict';
import type { ConfigReading } from '../../../server/dom0/toolstack/toolstack.js';
import { XL } from '../../../server/dom0/toolstack/xl-toolstack.js';
import { parseXlDryRun, parseXlLongList } from '../../../server/dom0/toolstack/xl-output.js';
import { XM } from '../../../server/dom0/toolstack/xm-toolstack.js';
import { parseXmDryRun, parseXmLongList } from '../../../server/dom0/toolstack/xm-output.js';
import { firstReason } from '../../../server/dom0/toolstack/reason.js';
import { dryRunText } from '../../../server/simulator/dry-run.js';
import { recordedCalls } from '../../support/recorded-xl.js';

const read = (text: string): ConfigReading => {
  const made = parseXlDryRun(dryRunText(text, '/etc/xen/g.cfg').stdout);
  if (made === undefined) assert.fail(text);
  return made;
};
const hvm = (more: string): string => `name = "g"\ntype = "hvm"\ndisk = [ "phy:/dev/vg/g,xvda,w" ]\n${more}`;

describe('what the toolstack says of a guest’s machine', () => {
  it('is its type, in recordings of the real xl', () => {
    const types = recordedCalls('42-dryrun-cases').flatMap(({ stdout }) => {
      const made = parseXlDryRun(stdout);
      return made === undefined ? [] : made.guest.type;
    });
    assert.equal(types.filter((type) => type === 'hvm').length, 1);
    assert.equal(types.filter((type) => type === 'pv').length, types.length - 1);
    const [, long, dry] = recordedCalls('pvh', '4.20');
    const pvh = { type: 'pvh', textConsole: true };
    assert.deepEqual(parseXlLongList(long?.stdout ?? '')?.[0]?.guest, pvh);
    assert.deepEqual(parseXlDryRun(dry?.stdout ?? '')?.guest, pvh);
    assert.equal(parseXlDryRun(dry?.stdout ?? '')?.boot.kernel, '/srv/xen/guest/vmlinuz');
  });

  it('is PV where a PV guest runs in a shim, and nothing where the type is of a later Xen', () => {
    const [, , dry] = recordedCalls('pvh', '4.20');
    const shim = (dry?.stdout ?? '').replace(/"type.pvh": \{\s*\}/, '"type.pvh": {"pvshim": "True"}');
    assert.equal(parseXlDryRun(shim)?.guest.type, 'pv');
    const later = (dry?.stdout ?? '').replace('"pvh"', '"pvh3"');
    assert.deepEqual(parseXlDryRun(later)?.guest, { type: null, textConsole: true });
  });

  it('is a text console only where an HVM guest’s first serial port is a pty', () => {
    for (const [more, textConsole] of [
      ['', false],
      ['serial = "pty"\n', true],
      ['serial = [ "pty", "tcp:127.0.0.1:4444" ]\n', true],
      ['serial = [ "tcp:127.0.0.1:4444", "pty" ]\n', false],
      ['serial = "none"\n', false],
    ] as const) {
      assert.deepEqual(read(hvm(more)).guest, { type: 'hvm', textConsole }, more);
    }
    assert.deepEqual(read('name = "g"\nkernel = "/k"\nserial = "none"\n').guest, {
      type: 'pv',
      textConsole: true,
    });
  });

  it('has the boot order of HVM, which is no part of the rest', () => {
    const plain = read(hvm(''));
    const cd = read(hvm('boot = "dc"\n'));
    assert.equal(plain.boot.bootOrder, undefined);
    assert.equal(cd.boot.bootOrder, 'dc');
    assert.equal(plain.rest, cd.rest);
    assert.notEqual(cd.rest, read(hvm('serial = "pty"\n')).rest);
  });

  it('is the image’s kind with xm, whose HVM files name the firmware as the kernel', () => {
    const vm =
      '(vm (name g) (memory 128) (image (hvm (kernel /usr/lib/xen/boot/hvmloader) (boot dc) (serial pty))))';
    const { guest, boot, rest } = parseXmDryRun(vm)!;
    assert.deepEqual(guest, { type: 'hvm', textConsole: true });
    assert.deepEqual([boot.kernel, boot.bootOrder], [null, 'dc']);
    assert.equal(parseXmDryRun(vm.replace('(boot dc)', '(boot c)'))?.rest, rest);
    assert.equal(parseXmDryRun(vm.replace('(serial pty)', ''))?.guest.textConsole, false);
    const pv = '(domain (domid 3) (name g) (image (linux (kernel /k))))';
    assert.deepEqual(parseXmLongList(pv)?.[0]?.guest, { type: 'pv', textConsole: true });
  });

  it('decides whether xl may press the ACPI button: xm has no such option', () => {
    assert.deepEqual(XL.verb('shutdown', 4, true), ['shutdown', '-F', '4']);
    assert.deepEqual(XL.verb('reboot', 4, true), ['reboot', '-F', '4']);
    assert.deepEqual(XL.verb('shutdown', 4, false), ['shutdown', '4']);
    assert.deepEqual(XM.verb('shutdown', 4, true), ['shutdown', '4']);
  });

  it('is told when a guest has no drivers, with what to do', () => {
    const none = 'PV control interface not available:';
    for (const output of [
      `Shutting down domain 4\n${none} external graceful shutdown not possible.\nUse "-F" to fallback to ACPI power event.\nshutdown failed (rc=-10)\n`,
      `Rebooting domain 4\n${none} sending ACPI reset button event.\nlibxl: error: libxl_domain.c:1559:libxl_send_trigger: Domain 4:Send trigger 'reset' failed: Function not implemented\nreboot failed (rc=-3)\n`,
    ]) {
      assert.match(firstReason(output) ?? '', /no Xen drivers .*on its console, or power it off/);
    }
  });
});
