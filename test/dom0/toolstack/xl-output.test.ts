import assert from 'node:assert/strict';
import {
  parseDomid,
  parseState,
  parseUptimes,
  parseXlList,
  parseXlLongList,
} from '../../../server/dom0/toolstack/xl-output.js';
import { recordedCall, recordedCalls } from '../../support/recorded-xl.js';

describe('what xl prints', () => {
  it('is read as before on Xen 4.20: both listings, a domid, the uptimes', () => {
    const call = (name: string, command: string): string =>
      recordedCalls(name, '4.20').find((each) => each.command === command)?.stdout ?? '';
    const two = parseXlList(call('03-list-two', 'xl list -v')) ?? [];
    assert.deepEqual(
      two.map(({ name, domid, memoryMiB, vcpus }) => [name, domid, memoryMiB, vcpus]),
      [
        ['horatio', 1, 128, 1],
        ['ophelia', 2, 128, 1],
      ],
    );
    assert.ok(two.every(({ uuid }) => uuid !== null));
    assert.equal(parseDomid(call('06-domid-domname', 'xl domid horatio')), 1);
    assert.deepEqual([...(parseUptimes(call('13-uptime', 'xl uptime'))?.keys() ?? [])], [0, 2, 6]);
    // A domain that waits for a processor has no letter at all.
    const waiting = parseXlList(call('09-create-badcfg', 'xl list'))?.find(({ name }) => name === 'x1');
    assert.deepEqual(waiting?.flags, { paused: false, shutdown: null, dying: false });
    const [horatio] = parseXlLongList(call('03-list-long-json-one', 'xl list -l horatio')) ?? [];
    assert.equal(horatio?.boot.kernel, '/srv/xen/vmlinuz');
    assert.equal(horatio.boot.disks[0]?.target, '/srv/xen/horatio.img');
  });

  it('lists guests, never Domain-0', () => {
    assert.deepEqual(parseXlList(recordedCall('01-list-empty', 'xl list').stdout), []);
    assert.deepEqual(parseXlList(recordedCall('03-list-two', 'xl list').stdout), [
      {
        name: 'horatio',
        domid: 4,
        memoryMiB: 128,
        vcpus: 1,
        flags: { paused: false, shutdown: null, dying: false },
        cpuSeconds: 3.6,
        uuid: null,
      },
      {
        name: 'ophelia',
        domid: 5,
        memoryMiB: 128,
        vcpus: 1,
        flags: { paused: false, shutdown: null, dying: false },
        cpuSeconds: 3.6,
        uuid: null,
      },
    ]);
  });

  it('has UUIDs with -v, with and without a reason code', () => {
    const [, verbose] = recordedCalls('03-list-two');
    assert.deepEqual(
      parseXlList(verbose?.stdout ?? '')?.map(({ name, uuid }) => [name, uuid]),
      [
        ['horatio', '5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8'],
        ['ophelia', '24db4264-fe73-4094-8a98-2bfa861f8e91'],
      ],
    );
    const crashed = recordedCalls('85-crash-preserve')[1]?.stdout ?? '';
    const second = crashed.slice(crashed.lastIndexOf('Name '));
    assert.equal(parseXlList(second)?.at(-1)?.uuid, '99e90ca5-83ed-4e7c-89d9-24f8c1e4ffcc');
    assert.equal(parseXlList(second)?.at(-1)?.flags.shutdown, 'crash');
  });

  it('reads the state string by its columns', () => {
    const plain = { paused: false, shutdown: null, dying: false };
    assert.deepEqual(parseState('r-----'), plain);
    assert.deepEqual(parseState('-b----'), plain);
    assert.deepEqual(parseState('------'), plain);
    assert.deepEqual(parseState('--p---'), { ...plain, paused: true });
    assert.deepEqual(parseState('--ps--'), { paused: true, shutdown: 'poweroff', dying: false });
    assert.deepEqual(parseState('--psr-'), { paused: true, shutdown: 'reboot', dying: false });
    assert.deepEqual(parseState('---sc-'), { paused: false, shutdown: 'crash', dying: false });
    assert.deepEqual(parseState('---ss-'), { paused: false, shutdown: 'suspend', dying: false });
    assert.deepEqual(parseState('---sw-'), { paused: false, shutdown: 'crash', dying: false });
    assert.deepEqual(parseState('-----d'), { ...plain, dying: true });
    assert.deepEqual(parseState('----c-'), { ...plain, shutdown: 'crash' });
  });

  it('passes over rows that are not ours to manage', () => {
    const header = recordedCall('01-list-empty', 'xl list').stdout.split('\n')[0] ?? '';
    const rows = [
      '(null)                                       7     0     0     --p---       0.0',
      '-a                                           8   128     1     r-----       0.0',
      '42                                           9   128     1     r-----       0.0',
      'Domain-0                                    10   128     1     r-----       0.0',
      'zero                                         0   128     1     r-----       0.0',
      'with space                                  11   128     1     r-----       0.0',
      'a-name-that-overflows-its-column-of-forty-characters    12   128     1     r-----       0.0',
    ];
    assert.deepEqual(
      parseXlList([header, ...rows, ''].join('\n'))?.map(({ domid }) => domid),
      [12],
    );
  });

  it('is not a listing without its header', () => {
    for (const text of ['', 'libxl: error: no\n', 'horatio 4 128 1 r----- 3.6\n']) {
      assert.equal(parseXlList(text), undefined);
    }
  });

  it('reads domids, and none that is no guest', () => {
    assert.equal(parseDomid(recordedCall('06-domid-domname', 'xl domid horatio').stdout), 4);
    for (const text of ['', '0\n', '-1\n', '4 5\n', '4294967295\n', 'horatio\n']) {
      assert.equal(parseDomid(text), undefined, JSON.stringify(text));
    }
  });

  it('reads long listings', () => {
    const all = parseXlLongList(recordedCall('03-list-long-json', 'xl list -l').stdout);
    assert.deepEqual(
      all?.map(({ name, domid }) => [name, domid]),
      [
        ['horatio', 4],
        ['ophelia', 5],
      ],
    );
    const [one] = parseXlLongList(recordedCall('03-list-long-json-one', 'xl list -l horatio').stdout) ?? [];
    assert.deepEqual(one?.boot, {
      kernel: '/srv/xen/vmlinuz',
      ramdisk: '/srv/xen/initrd.gz',
      cmdline: 'console=hvc0 domname=horatio',
      bootloader: null,
      disks: [{ target: '/srv/xen/horatio.img', vdev: 'xvda', writable: true }],
    });
    for (const text of ['', '{}', '[', 'null']) assert.equal(parseXlLongList(text), undefined);
    assert.deepEqual(parseXlLongList('[null, 1, {"domid": "x"}]'), []);
  });
});
