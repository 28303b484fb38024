import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { run } from '../support/house.js';
import { SmallDisks } from '../support/small-disks.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const CHILD = fileURLToPath(new URL('../support/full-state-child.js', import.meta.url));

describe("a gate whose state directory's disk is full", () => {
  it('says so also when the write-ahead log has room for a small row', async function () {
    const directory = new TemporaryDirectory();
    const disks = await SmallDisks.mount('16m', [directory.path]);
    if (typeof disks === 'string') {
      process.stdout.write(`\n  skipped: ${disks}\n`);
      this.skip();
    }
    try {
      const [program = '', ...args] = [
        ...disks.into,
        'env',
        `TMPDIR=${directory.path}`,
        process.execPath,
        CHILD,
      ];
      const { stdout, stderr } = await run(program, args, '');
      assert.notEqual(stdout, '', stderr);
      const said = JSON.parse(stdout) as { small: string | null; trouble: string | null };
      assert.equal(said.small, null, 'a small row has room');
      assert.match(said.trouble ?? '', /^the disk is full/);
    } finally {
      await disks.unmount();
      directory.dispose();
    }
  });
});
