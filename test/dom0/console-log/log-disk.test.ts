import assert from 'node:assert/strict';
import { LocalDisk } from '../../../server/dom0/console-log/log-disk.js';
import type { LogFile } from '../../../server/dom0/console-log/log-disk.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe("the console log's disk", () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  it('lists what stays while others come and go', async () => {
    const disk = new LocalDisk();
    const names = Array.from({ length: 300 }, (_, n) => `file-${String(n).padStart(3, '0')}`);
    for (const name of names) directory.write(name, 'x');
    const removed = (async () => {
      for (const name of names.slice(1).reverse()) await disk.remove(directory.file(name));
    })();
    let files: readonly LogFile[];
    do {
      files = await disk.files(directory.path);
      assert.equal(files[0]?.name, 'file-000');
    } while (files.length > 1);
    await removed;
  });
});
