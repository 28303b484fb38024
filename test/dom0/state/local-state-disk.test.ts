import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileLines, seekLine } from '../../../server/dom0/state/file-lines.js';
import { LocalStateDisk } from '../../../server/dom0/state/local-state-disk.js';
import type { StateFile } from '../../../server/dom0/state/state-disk.js';
import { MemoryDisk } from '../../support/memory-disk.js';

describe("the state's disk", () => {
  let folder: string;
  const disk = new LocalStateDisk();
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'postern-disk-')), 'state');
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

  it('makes folders and files that are its owner’s alone', async () => {
    const file = join(folder, 'a', 'file');
    assert.deepEqual(await disk.list(join(folder, 'a')), []);
    assert.equal(await disk.read(file, 0, 10), null);
    await assert.rejects(disk.write(file, 0, Buffer.from('x')), { code: 'ENOENT' });
    await disk.makeFolder(join(folder, 'a'));
    assert.equal(await disk.write(file, 0, Buffer.from('0123456789')), 10);
    await disk.truncate(file, 6);
    await disk.sync(file);
    await disk.sync(join(folder, 'a'));
    assert.equal((await disk.read(file, 2, 100))?.toString(), '2345');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(join(folder, 'a'))).mode & 0o777, 0o700);
    await disk.rename(file, join(folder, 'a', 'other'));
    assert.deepEqual(await disk.list(join(folder, 'a')), [{ name: 'other', size: 6 }]);
    await disk.remove(join(folder, 'a', 'other'));
    await disk.remove(join(folder, 'a', 'other'));
  });

  it('lists what stays while others come and go', async () => {
    await disk.makeFolder(folder);
    const names = Array.from({ length: 300 }, (_, n) => `file-${String(n).padStart(3, '0')}`);
    const gone = names.slice(1).reverse();
    for (const name of names) await disk.write(join(folder, name), 0, Buffer.from('x'));
    const removed = (async () => {
      for (const name of gone) await disk.remove(join(folder, name));
    })();
    let files: readonly StateFile[];
    do {
      files = await disk.list(folder);
      assert.deepEqual(files[0], { name: 'file-000', size: 1 });
    } while (files.length > 1);
    await removed;
  });

  it('never follows a link that lies where its file goes', async () => {
    await disk.makeFolder(folder);
    const precious = join(folder, '..', 'precious');
    await writeFile(precious, 'precious');
    await symlink(precious, join(folder, 'file'));
    for (const attempt of [
      () => disk.write(join(folder, 'file'), 0, Buffer.from('evil')),
      () => disk.truncate(join(folder, 'file'), 0),
      () => disk.read(join(folder, 'file'), 0, 10),
    ])
      await assert.rejects(attempt, { code: 'ELOOP' });
    assert.equal(await readFile(precious, 'utf8'), 'precious');
    assert.deepEqual(await disk.list(folder), []);
  });

  it('gives the lines of a file whole, however it is cut into pieces, and finds a place among them', async () => {
    const memory = new MemoryDisk();
    const numbers = Array.from({ length: 30_000 }, (_, index) => index);
    const text = numbers.map((number) => `${number} ${'x'.repeat(number % 17)}\n`).join('');
    await memory.write('/file', 0, Buffer.from(`${text}torn`));
    const size = text.length + 4;
    const read: number[] = [];
    for await (const { bytes } of fileLines(memory, '/file', 0, size, 1_000))
      read.push(parseInt(bytes.toString(), 10));
    assert.deepEqual(read, numbers);
    for (const wanted of [0, 1, 14_999, 29_998, 29_999, 40_000]) {
      const from = await seekLine(memory, '/file', size, (line) => parseInt(line.toString(), 10) <= wanted);
      const [first] = text.slice(from).split(' ');
      assert.ok(Number(first) <= wanted, `${wanted}: ${first}`);
      assert.ok(from === 0 || text[from - 1] === '\n', `${wanted}: at the beginning of a line`);
    }
  });
});
