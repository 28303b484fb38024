import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { LEFT_OUT, nodePackages } from '../../server/package/node-packages.js';
import type { NodeArchitecture } from '../../server/package/node-packages.js';
import { programTree } from '../../server/package/program-tree.js';
import type { ProgramParts } from '../../server/program-bundles.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const ROOT = join(import.meta.dirname, '../../..');
const PARTS = JSON.parse(readFileSync(join(ROOT, 'dist/.programs.json'), 'utf8')) as ProgramParts;
const NODE = process.arch as NodeArchitecture;

/** What code asks for, and does without where it is not there. */
const OPTIONAL: Readonly<Record<string, string>> = {
  'cpu-features': 'only to order ciphers, and Postern names them in its own order',
  'pty.js': 'a terminal in a menu of blessed, which Postern has none of',
  'term.js': 'the same',
  'ps-list': 'node-pty on Windows',
  nan: 'a path for a compiler',
};

describe('the program of a package', () => {
  const tree = programTree(ROOT, Object.keys(PARTS), NODE);
  const files = [...tree.entries.keys()];

  it('has every program of the build, each npm package outside them, and all that these need', () => {
    for (const program of Object.keys(PARTS)) assert.ok(files.includes(`dist/${program}`), program);
    const packed = nodePackages(NODE);
    const outside = Object.values(PARTS).flatMap((part) => part.outside);
    for (const name of outside.filter(
      (one) => /^[a-z@]/.test(one) && !one.startsWith('dist/') && !isBuiltin(one),
    ))
      assert.ok(name in packed, `${name} is loaded, and not in the package`);
    for (const name of Object.keys(packed)) {
      const { dependencies = {} } = JSON.parse(
        readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'),
      ) as { dependencies?: object };
      // Of ajv there are two files.
      if (name === 'ajv') continue;
      for (const needed of Object.keys(dependencies))
        assert.ok(needed in packed || LEFT_OUT.includes(needed), `${name} needs ${needed}`);
    }
  });

  it('has every file that its code asks for', () => {
    const missing = files
      .filter((file) => /\.c?js$/.test(file) && /^(?:node_modules|dist\/\.schemas)\//.test(file))
      .flatMap((file) =>
        requests(file)
          .filter((name) => !isThere(file, name))
          .map((name) => `${file}: ${name}`),
      );
    assert.deepEqual(missing, []);
  });

  it('has the files that the program reads by their names', () => {
    for (const file of [
      'package.json',
      'server/postern',
      'policy/examples/10-default.yaml',
      'policy/policy.schema.json',
      'config/systemd/postern-gate.service',
      'server/rescue-image/build.sh',
      'dist/server/simulator/tool.bin',
      'dist/server/cli/half/notify-socket.node',
      'node_modules/blessed/usr/xterm-256color',
      `node_modules/node-linux-${NODE}/bin/node`,
    ])
      assert.ok(files.includes(file), file);
  });

  it('has no tests, sources, maps or builds for other systems', () => {
    const wrong = files.filter((file) =>
      /\.(ts|map|cc|h|gyp|md|exe|dll|o)$|\.test\.|win32|darwin|musl/.test(file),
    );
    // better-sqlite3 chooses by these.
    assert.deepEqual(
      wrong.filter((file) => !file.startsWith('node_modules/better-sqlite3/lib/')),
      [],
    );
    assert.ok(
      !files.some((file) => file.startsWith('dist/test/') || file.startsWith('dist/server/package/')),
    );
  });

  it('gives nobody but its owner the right to write, and makes programs of what git has as programs', () => {
    for (const [path, entry] of tree.entries) assert.ok(entry.mode === 0o644 || entry.mode === 0o755, path);
    const programs = files.filter((file) => tree.entries.get(file)?.mode === 0o755);
    assert.ok(
      programs.includes('server/postern') && programs.includes(`node_modules/node-linux-${NODE}/bin/node`),
    );
    assert.ok(programs.includes('server/rescue-image/initramfs/hooks/rescue'));
    assert.ok(!programs.includes('package.json'));
  });

  it('takes machine code and npm packages of another processor from another directory, and all else from here', () => {
    const other = new TemporaryDirectory();
    try {
      symlinkSync(join(ROOT, 'node_modules'), other.file('node_modules'));
      other.write('dist/server/cli/half/notify-socket.node', 'for another');
      other.write('dist/server/simulator/tool.bin', 'for another');
      const { entries } = programTree(ROOT, Object.keys(PARTS), NODE, other.path);
      const from = (path: string): string => {
        const entry = entries.get(path);
        return entry?.kind === 'copy' ? entry.from : '';
      };
      for (const path of files)
        assert.ok(
          from(path).startsWith(/^node_modules\/|\.(?:node|bin)$/.test(path) ? `${other.path}/` : `${ROOT}/`),
          path,
        );
    } finally {
      other.dispose();
    }
  });

  /** Names that a file loads, as far as they are written out. */
  function requests(file: string): readonly string[] {
    return [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\brequire\(\s*['"]([^'"]+)['"]\s*\)/g)].map(
      ([, name = '']) => name,
    );
  }

  function known(file: string, name: string): boolean {
    return files.includes(normalize(join(dirname(file), name)));
  }

  function isThere(file: string, name: string): boolean {
    if (isBuiltin(name) || name in OPTIONAL) return true;
    // better-sqlite3 has a file for each system, and loads one of them.
    if (/^\.\.\/prebuilds\//.test(name)) return !name.endsWith(`/linux-${NODE}.node`) || known(file, name);
    const path = name.startsWith('.') ? join(dirname(file), name) : join('node_modules', name);
    if (
      ['', '.js', '.json', '/index.js', '/package.json'].some((ending) =>
        files.includes(normalize(`${path}${ending}`)),
      )
    )
      return true;
    // A place where a build may be, and where npm leaves none.
    return !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, `${path}.js`));
  }
});

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}
