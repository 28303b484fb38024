import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { takeBuiltins } from '../server/program-bundles.js';
import type { ProgramParts } from '../server/program-bundles.js';

const DIST = join(import.meta.dirname, '..');
const PARTS = JSON.parse(readFileSync(join(DIST, '.programs.json'), 'utf8')) as ProgramParts;

function partsOf(program: string): ProgramParts[string] {
  return PARTS[program] ?? assert.fail(`${program} was not made`);
}

/** What a program loads besides itself and Node.js's own modules. */
function loads(program: string): readonly string[] {
  return partsOf(program).outside.filter(
    (name) => !name.startsWith('node:') && !builtinModules.includes(name),
  );
}

/** The sources that are neither in these rooms nor in a package. */
function strange(program: string, rooms: RegExp): readonly string[] {
  return partsOf(program).sources.filter(
    (source) => !source.startsWith('node_modules/') && !rooms.test(source),
  );
}

/** The packages that are in a program. */
function packages(program: string): readonly string[] {
  const names = partsOf(program).sources.flatMap(
    (source) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [],
  );
  return [...new Set(names)];
}

/** What starts the halves and reads their settings. */
const STARTER = 'server/cli/(command-line|(gate|dom0)-program|(half|command|admin)/[^/]+)\\.ts$';
const NAMES =
  '(actions|roles|names|domain-state|guest-type|refusal|boot-parameter|escape-key|key-types|printable|network|built-check|schema-check|schema-fault)';
/** Packages of pure data and text, from which a log and a settings file are made. */
const HARMLESS = [
  '@pinojs/redact',
  'ajv',
  'atomic-sleep',
  'commander',
  'fast-deep-equal',
  'fast-uri',
  'json-schema-traverse',
  'on-exit-leak-free',
  'pino',
  'pino-std-serializers',
  'quick-format-unescaped',
  'safe-stable-stringify',
  'sonic-boom',
  'thread-stream',
  'yaml',
];

/** What the gate serves numbers with. */
const METRICS = ['prom-client', 'tdigest', 'bintrees', '@opentelemetry/api'];

describe('the file that the dom0 half runs', () => {
  const program = 'server/cli/dom0-program.js';

  it('has nothing of the gate, the store, the menus and the evaluator in it', () => {
    const rooms = new RegExp(`^((server/(dom0|wire)|config)/|policy/${NAMES}\\.ts$|${STARTER})`);
    assert.deepEqual(strange(program, rooms), []);
    assert.ok(partsOf(program).sources.includes('server/dom0/dom0.ts'));
  });

  it('has nothing of config in it that reads a policy or the gate’s settings', () => {
    const read = partsOf(program).sources.filter((source) => /^config\/(polic|gate|accepted)/.test(source));
    assert.deepEqual(read, []);
  });

  it('has only packages in it that every room may use, and loads node-pty alone', () => {
    assert.deepEqual(
      packages(program).filter((name) => !HARMLESS.includes(name)),
      [],
    );
    assert.deepEqual(loads(program), ['node-pty']);
  });
});

describe('the file that the gate runs', () => {
  const program = 'server/cli/gate-program.js';

  it('has nothing of the dom0 half in it, which alone knows xl', () => {
    const rooms = new RegExp(`^((server/(gate|store|wire)|config|menus|policy)/|${STARTER})`);
    assert.deepEqual(strange(program, rooms), []);
    assert.ok(partsOf(program).sources.includes('server/gate/gate.ts'));
  });

  it('loads nothing later than at its start: what it loads is in it, or imported by its first line', () => {
    assert.deepEqual(
      packages(program).filter((name) => ![...HARMLESS, ...METRICS].includes(name)),
      [],
    );
    assert.deepEqual(loads(program), ['better-sqlite3', 'blessed', 'ssh2']);
  });
});

describe('the files that the dom0 half starts', () => {
  it('are the kept screens, with the terminal emulator, and the writer of images, with neither package', () => {
    const screens = 'server/dom0/screens/screen-worker.js';
    const images = 'server/dom0/images/image-worker.js';
    assert.deepEqual([...loads(screens), ...loads(images)], []);
    assert.deepEqual(packages(screens), ['@xterm/headless']);
    assert.deepEqual(packages(images), []);
    for (const program of [screens, images])
      assert.deepEqual(strange(program, /^(server\/(dom0|wire)\/|policy\/printable\.ts$)/), [], program);
  });
});

describe('the programs', () => {
  it('are in the places that they are started from, with the licenses of what is in them', () => {
    for (const [program, { outside }] of Object.entries(PARTS)) {
      const text = readFileSync(join(DIST, program), 'utf8');
      // The compiler's own file of a module imports each neighbour.
      assert.doesNotMatch(text, /^import .* from '\.\.?\//m, program);
      for (const file of outside.filter((name) => name.startsWith('dist/')))
        assert.ok(existsSync(join(DIST, '..', file)), file);
    }
    const licenses = readFileSync(join(DIST, 'server/licenses.txt'), 'utf8');
    for (const name of HARMLESS) assert.match(licenses, new RegExp(`^${name}\n\n`, 'm'));
  });

  it('take Node.js’s own modules without reading what they do not use, but for the one that any Node.js runs', () => {
    for (const program of Object.keys(PARTS)) {
      const text = readFileSync(join(DIST, program), 'utf8');
      const imports = text.match(/^(import .*|\}) from ["']node:.*?["']/gm) ?? [];
      assert.deepEqual(
        imports,
        program === 'server/postern.js' ? ["import { createRequire as requireOf } from 'node:module'"] : [],
        program,
      );
    }
    const first =
      "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";
    const imports = [
      'import {\n  a,\n  b as b2\n} from "node:fs";',
      'import path from "node:path";',
      'import * as os from "node:os";',
      'import other from "other";',
    ];
    const text = [first, ...imports, 'b2();'].join('\n');
    assert.deepEqual(takeBuiltins(text, 'getBuiltinModule').split('\n'), [
      "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" +
        " const { a, b: b2 } = process.getBuiltinModule('node:fs');" +
        " const path = process.getBuiltinModule('node:path');" +
        " const os = process.getBuiltinModule('node:os');",
      ...['', '', '', '', '', ''],
      'import other from "other";',
      'b2();',
    ]);
    assert.equal(
      takeBuiltins(text, 'require').split('\n')[0],
      `${first} const { a, b: b2 } = require('node:fs');` +
        ` const path = require('node:path'); const os = require('node:os');`,
    );
  });

  it('keep the names of faults, by which a log is read', () => {
    for (const program of Object.keys(PARTS)) {
      const text = readFileSync(join(DIST, program), 'utf8');
      assert.deepEqual(text.match(/class [A-Z]\w+\d extends \w*(Error|Fault)\b/g) ?? [], [], program);
    }
  });
});
