import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
      const module = new URL(`../../server/cli/${half}-program.js`, import.meta.url);
      const print = 'console.log(process.moduleLoadList.filter((name) => name.includes("undici")).join())';
      const program = `await import(${JSON.stringify(module)}); ${print}; process.exit()`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
        encoding: 'utf8',
      });
      assert.equal(stdout, '\n', stderr);
    });

    it(`uses what the build compiled of ${half}: no flag on its command line asks for other code`, () => {
      const script = fileURLToPath(new URL('../../../server/postern', import.meta.url));
      const compiled = fileURLToPath(new URL('../../server/postern.js', import.meta.url));
      const from = (command: string, ...args: readonly string[]): string => {
        const { stdout, stderr } = spawnSync(command, [...args, half, '--settings', '/nonexistent'], {
          encoding: 'utf8',
          env: { ...process.env, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
        });
        const read = new RegExp(`reading cache from (\\S+) for ESM \\S+/${half}-program\\.js`).exec(
          stdout + stderr,
        );
        return read?.[1] ?? assert.fail(stderr);
      };
      assert.equal(from(script), from(process.execPath, compiled));
    });
  }
});

/**
 * Loaded before a program: lets this Node.js count as an older one, which has no compile cache, and on which
 * nothing native may be loaded.
 */
const OLDER = `data:text/javascript,
  import nodeModule from 'node:module';
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.2' } });
  delete nodeModule.enableCompileCache;
  process.dlopen = (_, file) => { throw new Error(file + ' is loaded'); };`.replaceAll('\n', '');

/** The programs that the scripts of package.json run. Those of config load nothing native. */
function programs(): readonly string[] {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(text) as { readonly scripts: Record<string, string> };
  const named = Object.values(scripts).flatMap((script) => [
    ...script.matchAll(/node dist\/((?:server|test)\/\S+)/g),
  ]);
  return [
    ...new Set(named.map(([, program = '']) => fileURLToPath(new URL(`../../${program}`, import.meta.url)))),
  ];
}

describe('an older Node.js', () => {
  for (const program of programs()) {
    it(`is told so by ${program.replace(/^.*\/dist\//, '')}, and nothing native is loaded`, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', OLDER, program], {
        encoding: 'utf8',
      });
      assert.match(stderr, /^postern: this is Node\.js 20\.19\.2, which is too old\. [^\n]*\n$/);
      assert.deepEqual([status, stdout], [1, '']);
    });
  }

  for (const config of ['.mocharc.json', '.mocharc.unit.json']) {
    it(`is told so by mocha with ${config}, and nothing native is loaded`, () => {
      const mocha = fileURLToPath(new URL('../../../node_modules/mocha/bin/mocha.js', import.meta.url));
      const glob = fileURLToPath(new URL('../policy/glob.test.js', import.meta.url));
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', OLDER, mocha, '--config', config, '--no-parallel', glob],
        { encoding: 'utf8', cwd: fileURLToPath(new URL('../../../', import.meta.url)) },
      );
      assert.match(stderr, /^tests: this is Node\.js 20\.19\.2, which is too old\. [^\n]*\n$/);
      assert.deepEqual([status, stdout], [1, '']);
    });
  }

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
