import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lockState } from '../../server/store/state-lock.js';
import { StoreError } from '../../server/store/store-error.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const CHILD = `
  import { lockState } from ${JSON.stringify(fileURLToPath(new URL('../../server/store/state-lock.js', import.meta.url)))};
  lockState(process.argv[1]);
  for (let turn = 0; turn < 5; turn += 1) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stdout.write('locked');
  setInterval(() => undefined, 1000);
`;

describe('the lock on a gate’s state directory', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => (directory = new TemporaryDirectory()));
  afterEach(() => {
    directory.dispose();
  });

  it('is one gate’s at a time, whatever is collected as garbage, until that is killed', async () => {
    const state = directory.file('state');
    const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', CHILD, state], {
      stdio: 'pipe',
    });
    try {
      await once(child.stdout, 'data');
      assert.throws(() => lockState(state), /another gate works in .*state: stop it, or give this one/);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    const unlock = lockState(state);
    assert.throws(() => lockState(state), StoreError);
    unlock();
    unlock();
    lockState(state)();
  });

  it('keeps no gate from starting where nothing can be written', () => {
    const file = directory.write('file', '');
    lockState(`${file}/state`)();
    writeFileSync(directory.file('gate.lock'), 'something else than a database');
    lockState(directory.path)();
  });
});
