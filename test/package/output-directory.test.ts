import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeInto } from '../../server/package/output-directory.js';
import { SmallDisks } from '../support/small-disks.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const PACKER = fileURLToPath(new URL('../support/packing-child.js', import.meta.url));
const WHOLE = 4096;

describe('the directory of the packages', () => {
  let into: TemporaryDirectory;

  beforeEach(async () => {
    into = new TemporaryDirectory();
    await make('postern_1_amd64.deb', 'of an earlier run');
  });

  afterEach(() => {
    into.dispose();
  });

  function make(name: string, content: string): Promise<readonly string[]> {
    return makeInto(into.path, (work) => {
      writeFileSync(join(work, name), content);
      return Promise.resolve([join(work, name)]);
    });
  }

  /** Names that an admin or a script would take for packages, and whether all checksums are right. */
  function found(): { readonly files: readonly string[]; readonly isRight: boolean } {
    const check = spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: into.path });
    const files = readdirSync(into.path).filter((name) => !name.startsWith('.'));
    return { files: files.sort(), isRight: check.status === 0 };
  }

  /** A run that has written half of its package. */
  async function halfway(): Promise<ReturnType<typeof spawn>> {
    const run = spawn(process.execPath, [PACKER, into.path, `${WHOLE}`, 'hang']);
    await once(run.stdout, 'data');
    return run;
  }

  const EARLIER = { files: ['SHA256SUMS', 'postern_1_amd64.deb'], isRight: true };
  const BOTH = { files: ['SHA256SUMS', 'postern_1_amd64.deb', 'postern_2_amd64.deb'], isRight: true };

  it('has checksums of what was made, and of what earlier runs made for others', async () => {
    assert.deepEqual(found(), EARLIER);
    const made = await make('postern_2_amd64.deb', 'next');
    assert.deepEqual(made, [into.file('postern_2_amd64.deb'), into.file('SHA256SUMS')]);
    assert.deepEqual(found(), BOTH);
    await make('postern_2_amd64.deb', 'the same again, from another commit');
    assert.deepEqual(found(), BOTH);
    assert.equal(readFileSync(into.file('SHA256SUMS'), 'utf8').split('\n').length, 3);
  });

  it('never has a package that is not whole, however a run ends', async () => {
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
      const run = await halfway();
      run.kill(signal);
      await once(run, 'close');
      assert.deepEqual(found(), EARLIER, signal);
      const isLeft = readdirSync(into.path).some((name) => name.startsWith('.'));
      assert.equal(isLeft, signal === 'SIGKILL', `${signal} leaves its work`);
    }
    const run = await halfway();
    run.kill('SIGKILL');
    await once(run, 'close');
    await make('postern_2_amd64.deb', 'next');
    assert.deepEqual(found(), BOTH);
    assert.deepEqual(readdirSync(into.path).sort(), BOTH.files, 'the next run removes what was left');
  });

  it('refuses a second run while one works there, and takes nothing from it', async () => {
    const run = await halfway();
    await assert.rejects(
      make('postern_2_amd64.deb', 'next'),
      /^Error: another run makes packages in .*: wait/,
    );
    assert.ok(
      readdirSync(into.path).some((name) => name.startsWith('.')),
      'the work of the first stays',
    );
    run.kill('SIGTERM');
    await once(run, 'close');
    await make('postern_2_amd64.deb', 'next');
    assert.deepEqual(found(), BOTH);
  });

  it('keeps the earlier files on a full disk, and says in a sentence what to do', async function () {
    const disks = await SmallDisks.mount('64k', [into.path]);
    if (typeof disks === 'string') this.skip();
    try {
      const [program = '', ...args] = disks.into;
      const run = spawnSync(program, [...args, process.execPath, PACKER, into.path, '1000000'], {
        encoding: 'utf8',
      });
      assert.equal(run.status, 1);
      assert.equal(
        run.stderr,
        `package: there is too little room in ${into.path}: make room and try again\n`,
      );
      assert.deepEqual(readdirSync(disks.path(into.path)).sort(), EARLIER.files);
      assert.equal(readFileSync(disks.path(into.file('postern_1_amd64.deb')), 'utf8'), 'of an earlier run');
    } finally {
      await disks.unmount();
    }
  });
});
