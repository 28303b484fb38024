import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { lockState } from '../../../server/dom0/state/state-lock.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const CHILD = `
  import { lockState } from ${JSON.stringify(fileURLToPath(new URL('../../../server/dom0/state/state-lock.js', import.meta.url)))};
  await lockState(process.argv[1]);
  for (let turn = 0; turn < 5; turn += 1) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stdout.write('locked');
  setInterval(() => undefined, 1000);
`;

describe('the lock on the state directory of a dom0 half', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => (directory = new TemporaryDirectory()));
  afterEach(() => {
    directory.dispose();
  });

  it('is one half’s at a time, whatever is collected as garbage, until that is killed', async () => {
    const child = spawn(
      process.execPath,
      ['--expose-gc', '--input-type=module', '-e', CHILD, directory.path],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let warnings = '';
    child.stderr.on('data', (piece: Buffer) => (warnings += piece.toString()));
    try {
      await once(child.stdout, 'data');
      await assert.rejects(lockState(directory.path), /another dom0 half .*works in/);
      // The file that names the holder is for people. The lock holds without it.
      directory.write('lock', '');
      await assert.rejects(lockState(directory.path), /another dom0 half works in/);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    assert.equal(warnings, '');
    const unlock = await lockState(directory.path);
    await unlock();
    await unlock();
    await (
      await lockState(directory.path)
    )();
  });

  it('keeps no half from starting where there is no directory', async () => {
    await (
      await lockState(directory.file('none'))
    )();
  });
});
