import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { diskDirectory, rawDisk } from '../../server/simulator/raw-disk.js';
import { writeSystemImage } from '../../server/simulator/system-image.js';
import { eventually } from '../support/eventually.js';
import { SimulatedXen } from '../support/simulated-xen.js';

describe('a raw disk of the simulated host', () => {
  let xen: SimulatedXen;
  let disk: string;
  beforeEach(async () => {
    xen = await SimulatedXen.install({ timeScale: 0.03, domains: [{ name: 'horatio', rawDisk: 2 }] });
    disk = xen.diskFile('horatio', '.');
  });
  afterEach(() => xen.remove());

  const rescue = (): Promise<unknown> =>
    xen.xl(
      'create',
      '-q',
      xen.config('horatio'),
      `kernel="${xen.host.rescueKernel}"`,
      `ramdisk="${xen.host.rescueRamdisk}"`,
      'extra="console=hvc0 rescue"',
    );

  it('boots the system that was installed on it, and keeps what its guest changes', async () => {
    await xen.xl('create', '-q', xen.config('horatio'));
    const console = xen.console('horatio');
    await console.receives('horatio login: ');
    console.type('root\r');
    await console.receives('# ');
    console.type('echo kept > /root/mine\r');
    const directory = diskDirectory(disk) ?? assert.fail('it has no system');
    const mine = join(directory, 'root', 'mine');
    await eventually('the file', () => existsSync(mine) && readFileSync(mine, 'utf8') === 'kept\n');
    assert.equal(diskDirectory(disk), directory);
    assert.ok(existsSync(mine), 'unpacked once');
  });

  it('is mended from a rescue system', async () => {
    const mend = ['mount /dev/xvda /mnt', 'echo mended > /mnt/etc/fstab', 'umount /mnt'];
    await rescue();
    const console = xen.console('horatio');
    for (const line of mend) {
      // What is typed before the prompt stands there may be lost, as on a real console.
      await console.sees(/# *$/);
      console.type(`${line}\r`);
      await console.sees(line);
    }
    const fstab = join(diskDirectory(disk) ?? assert.fail('it has no system'), 'etc', 'fstab');
    await eventually('the file', () => readFileSync(fstab, 'utf8') === 'mended\n');
  });

  it('boots the image that was written over it, and nothing that was there before', async () => {
    const before = diskDirectory(disk) ?? assert.fail('it has no system');
    writeFileSync(join(before, 'root', 'mine'), 'old');
    const image = writeSystemImage(join(xen.host.directory, 'image.raw'), 1);
    const descriptor = openSync(disk, 'r+');
    writeSync(descriptor, readFileSync(image.file), 0, undefined, 0);
    closeSync(descriptor);
    await xen.xl('create', '-q', xen.config('horatio'));
    const console = xen.console('horatio');
    await console.receives('Debian GNU/Linux 13 (trixie)');
    await console.receives('localhost login: ');
    assert.throws(() => readFileSync(join(before, 'root', 'mine')), { code: 'ENOENT' });
  });

  it('has no system when its beginning or its end was not written', () => {
    const whole = rawDisk({ 'etc/hostname': 'x\n' }, 128 * 1024);
    const spoilt: readonly (readonly [string, Buffer])[] = [
      ['no beginning', Buffer.concat([Buffer.alloc(512), whole.subarray(512)])],
      ['no end', Buffer.concat([whole.subarray(0, -512), Buffer.alloc(512)])],
      ['cut off', whole.subarray(0, 1000)],
      ['empty', Buffer.alloc(0)],
      ['no files', Buffer.from('A disk of the simulated host.\n{}\n')],
    ];
    for (const [what, bytes] of spoilt) {
      writeFileSync(disk, bytes);
      assert.equal(diskDirectory(disk), null, what);
    }
  });

  it('stops in the initramfs, and cannot be mounted, without a system', async () => {
    writeFileSync(disk, Buffer.alloc(128 * 1024));
    await xen.xl('create', '-q', xen.config('horatio'));
    await xen.console('horatio').receives('(initramfs) ');
    await xen.xl('destroy', 'horatio');
    await rescue();
    const console = xen.console('horatio');
    await console.receives('BusyBox');
    console.type('mount /dev/xvda /mnt\r');
    await console.receives('wrong fs type');
  });
});
