import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { whileCalled } from './caller.js';
import type { Monitoring } from './config/domain-config.js';
import type { Host } from './host.js';

const HEAP = ['--max-semi-space-size=1', '--max-old-space-size=96'];

/**
 * Starts the process that is the domain and its monitor; it outlives this one. Resolves when it keeps the domain.
 *
 * @throws Error when it does not start
 */
export async function startDomain(host: Host, domid: number, monitor: Monitoring): Promise<void> {
  const program = fileURLToPath(new URL('./domain-process.js', import.meta.url));
  const args = [...HEAP, program, host.directory, String(domid), monitor];
  const child = spawn(process.execPath, args, {
    cwd: '/',
    detached: true,
    env: {},
    // The last is where it says that it is ready. A channel for messages takes a third of its start.
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  child.unref();
  const { 3: ready } = child.stdio;
  await whileCalled(
    new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      ready?.once('data', () => {
        ready.destroy();
        resolve();
      });
      ready?.once('end', () => {
        reject(new Error(`the process of domain ${domid} did not start`));
      });
    }),
  );
}
