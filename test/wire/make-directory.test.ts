import assert from 'node:assert/strict';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalDisk } from '../../server/dom0/console-log/log-disk.js';
import { LocalStateDisk } from '../../server/dom0/state/local-state-disk.js';
import { RecordingStore } from '../../server/gate/recording/recording-store.js';
import { DirectoryError, makeDirectory, makeDirectorySync } from '../../server/wire/make-directory.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { customerName, domainName } from '../support/temporary-store.js';

const WAYS = [
  ['at once', async (path: string, mode: number) => Promise.resolve(makeDirectorySync(path, mode))],
  ['in its time', makeDirectory],
] as const;

for (const [way, make] of WAYS) {
  describe(`a directory made ${way}`, () => {
    let temporary: TemporaryDirectory;
    let folder: string;
    beforeEach(() => {
      temporary = new TemporaryDirectory();
      folder = temporary.path;
    });
    afterEach(() => {
      temporary.dispose();
    });
    const refused = async (path: string): Promise<DirectoryError> => {
      try {
        await make(path, 0o700);
      } catch (error) {
        assert.ok(error instanceof DirectoryError);
        return error;
      }
      return assert.fail(`${path} was made`);
    };

    it('is there with those above it, each of its mode, and the topmost is told', async () => {
      const [one, two] = [join(folder, 'one'), join(folder, 'one', 'two', 'three')];
      assert.equal(await make(two, 0o700), one);
      for (const path of [one, join(one, 'two'), two]) assert.equal(statSync(path).mode & 0o777, 0o700);
      assert.equal(await make(two, 0o700), undefined, 'the second time it is there');
      assert.equal(await make(`${two}/`, 0o700), undefined);
      assert.equal(await make(join(two, 'four'), 0o750), join(two, 'four'));
      assert.equal(await make('/', 0o700), undefined);
    });

    it('goes through a link to a directory', async () => {
      mkdirSync(join(folder, 'real'));
      symlinkSync(join(folder, 'real'), join(folder, 'link'));
      await make(join(folder, 'link', 'x'), 0o700);
      assert.ok(statSync(join(folder, 'real', 'x')).isDirectory());
      assert.equal(await make(join(folder, 'link'), 0o700), undefined);
    });

    it('is refused in one sentence below /proc, where Node’s own recursion never ends', async () => {
      for (const path of ['/proc/nothing', '/proc/nothing/deeper/still', `/proc/${process.pid}/x`]) {
        const { message, code } = await refused(path);
        assert.match(
          message,
          new RegExp(`^${path} cannot be made: /proc\\S* takes no directories \\(ENOENT\\)`),
        );
        assert.equal(code, 'ENOENT');
      }
    });

    it('is refused where a file, or a link to nowhere, is in the way', async () => {
      writeFileSync(join(folder, 'file'), '');
      symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
      for (const path of ['file', 'link', 'link/x']) {
        const { message } = await refused(join(folder, path));
        assert.match(message, /(file|link) is in the way: it is no directory, or a link to none \(EEXIST\)/);
      }
      assert.match(
        (await refused(join(folder, 'file', 'x'))).message,
        /what is above it is no directory \(ENOTDIR\)/,
      );
    });
  });
}

describe('the places where files are kept', () => {
  it('are refused below /proc and never tried for ever: recordings, console logs, the state of the dom0 half', async () => {
    const refusal = { name: 'DirectoryError' };
    const recording = {
      id: 'r1',
      begunAt: '2026-11-21T17:04:10.000Z',
      customer: customerName('alice'),
      domain: domainName('horatio'),
      record: 'output',
    } as const;
    await assert.rejects(new RecordingStore('/proc/nothing/recordings').place(recording), refusal);
    const disk = new LocalDisk();
    await assert.rejects(disk.append('/proc/nothing/horatio/1.log', Buffer.from('x')), refusal);
    await assert.rejects(disk.replace('/proc/nothing/horatio/marks', 'x'), refusal);
    await assert.rejects(disk.rename('/proc/version', '/proc/nothing/retired/x'), refusal);
    await assert.rejects(new LocalStateDisk().makeFolder('/proc/nothing/state'), refusal);
  });
});
