import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TemporaryDirectory } from './support/temporary-directory.js';

const ROOT = join(import.meta.dirname, '../..');
const SCRIPT = join(ROOT, 'server/prune-build.sh');
const ROOMS = ['config', 'menus', 'policy', 'server', 'test'];
/** So that one run has not ended when the next begins. */
const FILES = 100;
const BUILDS = 8;

describe('prune-build.sh', () => {
  let tree: TemporaryDirectory;
  const prune = (): Promise<unknown> => promisify(execFile)('sh', [SCRIPT], { cwd: tree.path });
  beforeEach(() => {
    tree = new TemporaryDirectory();
  });
  afterEach(() => {
    tree.dispose();
  });

  it('removes what was built from a file that is gone, and nothing else', async () => {
    for (const room of ROOMS) tree.write(`${room}/a.ts`, '');
    for (const file of ['a.js', 'a.js.map', 'gone.js', 'gone.js.map', 'deep er/gone.js'])
      tree.write(`dist/server/${file}`, '');
    for (const file of ['.tsbuildinfo', '.schemas/gate.cjs']) tree.write(`dist/${file}`, '');
    await prune();
    for (const file of ['server/a.js', 'server/a.js.map', '.tsbuildinfo', '.schemas/gate.cjs'])
      assert.ok(existsSync(tree.file(`dist/${file}`)), file);
    for (const file of ['gone.js', 'gone.js.map', 'deep er/gone.js'])
      assert.ok(!existsSync(tree.file(`dist/server/${file}`)), file);
  });

  it('takes nothing from another build that runs beside it in the same tree', async () => {
    const files = Array.from({ length: FILES }, (_, at) => ROOMS.map((room) => `${room}/${at}`)).flat();
    for (const file of files) {
      tree.write(`${file}.ts`, '');
      tree.write(`dist/${file}.js`, '');
    }
    await Promise.all(Array.from({ length: BUILDS }, prune));
    assert.deepEqual(
      files.filter((file) => !existsSync(tree.file(`dist/${file}.js`))),
      [],
    );
  });

  it('runs after the compiler, which takes what it wrote before for what is there', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: { build: string };
    };
    assert.match(scripts.build, /^node \S+\/tsc .*&& sh server\/prune-build\.sh &&/);
  });
});
