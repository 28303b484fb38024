import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PINNED_NODE, unfitNode } from '../../server/cli/installation/node-version.js';

describe('server/postern', () => {
  it('can be linked into the path as docs/install-dom0.md says', () => {
    const script = fileURLToPath(new URL('../../../server/postern', import.meta.url));
    const { status, stdout, error } = spawnSync(script, ['--version'], { encoding: 'utf8' });
    assert.equal(error, undefined);
    assert.equal(status, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

describe('the start of a half', () => {
  for (const half of ['gate', 'dom0']) {
    it(`loads neither fetch nor WebSocket, which ${half} has no use for`, () => {
      const module = new URL(`../../server/cli/half/run-${half}.js`, import.meta.url);
      const print = 'console.log(process.moduleLoadList.filter((name) => name.includes("undici")).join())';
      const program = `await import(${JSON.stringify(module)}); ${print}; process.exit()`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
        encoding: 'utf8',
      });
      assert.equal(stdout, '\n', stderr);
    });
  }
});

describe('an older Node.js', () => {
  it('is told in one sentence, before it could load what crashes on it', () => {
    assert.equal(
      unfitNode('20.19.2'),
      'this is Node.js 20.19.2, which is too old. Start Postern as server/postern: it brings its own Node.js (npm ci installs it).',
    );
    assert.equal(unfitNode('22.0.0'), null);
    assert.equal(unfitNode(PINNED_NODE ?? ''), null);
  });

  it('is not what these tests run on: npm puts the one that comes with Postern first', () => {
    assert.equal(process.versions.node, PINNED_NODE);
  });
});
