import assert from 'node:assert/strict';
import { firstReason, presentable } from '../../../server/dom0/toolstack/reason.js';
import { recordedCall, recordedCalls } from '../../support/recorded-xl.js';

describe("the toolstack's own first reason", () => {
  it('is the same on Xen 4.20, which says a line more about a create that failed', () => {
    for (const name of ['08-create-running', '09-create-badcfg', '10-create-nomem', '11-pause']) {
      const reasons = (version: string): (string | null)[] =>
        recordedCalls(name, version).map(({ stderr }) => firstReason(stderr));
      assert.ok(reasons('4.20').some((reason) => reason !== null));
      assert.deepEqual(reasons('4.20'), reasons('4.17'), name);
    }
  });

  it('is the first of several libxl errors', () => {
    const twice = recordedCall('08-create-running', 'xl create').stderr;
    assert.equal(firstReason(twice), 'Domain with name "horatio" already exists.');
    const memory = recordedCall('10-create-nomem', 'xl create').stderr;
    assert.equal(firstReason(memory), 'xc_dom_boot_mem_init failed: Cannot allocate memory');
    const ignored = recordedCall('11-pause', 'xl pause horatio; xl shutdown').stderr;
    assert.equal(firstReason(ignored), "guest didn't acknowledge control request: -9");
  });

  it('never names a path of the host', () => {
    const [missing, lexical, nothing, noName, kernel, disk] = recordedCalls('09-create-badcfg').map((call) =>
      firstReason(call.stderr),
    );
    assert.equal(missing, 'Failed to read config file: <path>: No such file or directory');
    assert.equal(lexical, 'config parsing error near `"bad\': lexical error');
    assert.equal(nothing, 'Neither kernel nor bootloader specified');
    assert.equal(noName, 'Domain name must be specified.');
    assert.equal(kernel, 'xc_dom_kernel_file failed: No such file or directory');
    assert.equal(disk, 'Disk vdev=xvda failed to stat: <path>: No such file or directory');
  });

  it('is the boot loader, where de-privileged PyGRUB failed without saying so', () => {
    // As xl 4.17 printed it for a disk that only root may read.
    const output = [
      'Parsing config from /etc/xen/rosencrantz.cfg',
      "xc: error: panic: xg_dom_core.c:205: failed to open file '(null)': Bad address: Internal error",
      'libxl: error: libxl_dom.c:646:libxl__build_pv: xc_dom_kernel_file failed: Bad address',
      'libxl: error: libxl_create.c:1640:domcreate_rebuild_done: Domain 13:cannot (re-)build domain: -3',
    ].join('\n');
    assert.equal(firstReason(output), 'bootloader failed: it found no kernel that it could read');
  });

  it('is none where there was only chatter', () => {
    assert.equal(firstReason(recordedCall('28-create-p', 'xl create').stderr), null);
    assert.equal(firstReason(''), null);
  });

  it('is one printable line of at most 300 characters, whatever a guest smuggled in', () => {
    const nasty = 'libxl: error: a.c:1:f: \u001b[2J\u009b31mred\u202e evil\u2066 \u0007' + 'x'.repeat(1000);
    const reason = firstReason(nasty) ?? '';
    assert.match(reason, /^\[2J 31mred {2}evil {3}x+…$/);
    assert.equal(Array.from(reason).length, 300);
    assert.equal(
      presentable('/etc/xen/a.cfg, see /var/log/xen/x.log: and/or file:/srv/a'),
      '<path>, see <path>: and/or file:<path>',
    );
  });
});
