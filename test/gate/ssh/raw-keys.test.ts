import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAKER = fileURLToPath(new URL('../../support/key-making-child.js', import.meta.url));

const TIMES = process.env['POSTERN_TEST_LONG'] === undefined ? 200 : 3000;

describe('gate/ssh: keys that are made', () => {
  it('are made without end, also where the garbage collector runs all the time', () => {
    // With keys generated and exported as JWK, two of three processes hang before the thousandth.
    const { status, signal, stderr } = spawnSync(
      process.execPath,
      ['--max-semi-space-size=1', MAKER, String(TIMES)],
      {
        timeout: 100_000,
        encoding: 'utf8',
      },
    );
    assert.deepEqual([status, signal], [0, null], stderr);
  });
});
