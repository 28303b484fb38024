import { createRequire } from 'node:module';
import { fail, ok, warn } from './diagnosis.js';
import type { Diagnosis } from './diagnosis.js';

const require = createRequire(import.meta.url);

/** The compiled parts: their absence shows late (a database that does not open), or not at all (ssh2 is slower). */
const NATIVE = [
  { name: 'better-sqlite3', files: ['better-sqlite3/build/Release/better_sqlite3.node'], needed: true },
  {
    name: 'node-pty',
    files: [
      'node-pty/build/Release/pty.node',
      `node-pty/prebuilds/${process.platform}-${process.arch}/pty.node`,
    ],
    needed: true,
  },
  { name: 'ssh2', files: ['ssh2/lib/protocol/crypto/build/Release/sshcrypto.node'], needed: false },
] as const;

const MEND = 'run `npm rebuild` where Postern is installed, with a C++ compiler, make and python3 at hand';

/** The Node.js that runs this, and the native modules of what Postern is made of. */
export function checkModules(): Diagnosis[] {
  return [checkNode(process.versions.node), ...NATIVE.map((module) => checkModule(module))];
}

export function checkNode(version: string): Diagnosis {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok('node', `Node.js ${version}`);
  return fail('node', `Node.js ${version} is too old`, 'install Node.js 20.19 or newer');
}

function checkModule({ name, files, needed }: (typeof NATIVE)[number]): Diagnosis {
  const faults: string[] = [];
  for (const file of files) {
    try {
      require(file);
      return ok(name, 'its native part loads');
    } catch (error) {
      faults.push((error as Error).message.split('\n', 1)[0] ?? '');
    }
  }
  const finding = `its native part does not load: ${faults[0] ?? ''}`;
  return needed
    ? fail(name, finding, MEND)
    : warn(name, `${finding}; SSH will cost about 1.5 times the CPU`, MEND);
}
