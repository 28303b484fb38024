import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

describe('the built postern.js', () => {
  it('can be linked into the path as docs/install-dom0.md says', () => {
    const script = fileURLToPath(new URL('../../server/postern.js', import.meta.url));
    const { status, stdout, error } = spawnSync(script, ['--version'], { encoding: 'utf8' });
    assert.equal(error, undefined);
    assert.equal(status, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
});
