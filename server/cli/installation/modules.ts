import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PINNED_NODE, unfitNode } from './node-version.js';
import { fail, ok, warn } from './diagnosis.js';
import type { Diagnosis } from './diagnosis.js';
import { isPackaged, PACKAGED_COMMAND, reinstall, THIS_PROGRAM } from './place.js';

const require = createRequire(import.meta.url);
const NOTIFY_SOCKET = fileURLToPath(new URL('../half/notify-socket.node', import.meta.url));

/**
 * The compiled modules. A missing one shows late (the database does not open) or never (ssh2 is only slower).
 */
const NATIVE = [
  { name: 'better-sqlite3', load: openInMemory, needed: true },
  { name: 'node-pty', load: () => void require('node-pty'), needed: true },
  {
    name: 'ssh2',
    load: () => void require('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node'),
    needed: false,
  },
  // By this a half tells systemd that it serves. Without it no unit starts.
  { name: 'notify', load: () => void require(NOTIFY_SOCKET), needed: true },
] as const;

/** Checks the Node.js that runs this, and Postern's native modules. */
export function checkModules(): Diagnosis[] {
  return [checkNode(process.versions.node), ...NATIVE.map((module) => checkModule(module))];
}

function checkNode(version: string): Diagnosis {
  if (version === PINNED_NODE) return ok('node', `Node.js ${version}`);
  const mend = isPackaged(THIS_PROGRAM)
    ? `start Postern as ${PACKAGED_COMMAND}`
    : 'start Postern as server/postern, and run `npm ci` where it is installed';
  if (unfitNode(version) !== null) return fail('node', `Node.js ${version} is too old`, mend);
  return warn('node', `Node.js ${version} runs this; Postern comes with ${PINNED_NODE}`, mend);
}

function openInMemory(): void {
  const Database = require('better-sqlite3') as new (file: string) => { close(): void };
  new Database(':memory:').close();
}

function checkModule({ name, load, needed }: (typeof NATIVE)[number]): Diagnosis {
  try {
    load();
    return ok(name, 'its native part loads');
  } catch (error) {
    const finding = `its native part does not load: ${(error as Error).message.split('\n', 1)[0] ?? ''}`;
    return needed
      ? fail(name, finding, reinstall())
      : warn(name, `${finding}; SSH will cost about 1.5 times the CPU`, reinstall());
  }
}
