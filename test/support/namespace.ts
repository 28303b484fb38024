import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The last lines of a script: it reports that it is ready, and holds its namespaces until its input ends. */
export const HOLD = 'echo mounted\nexec cat';

/**
 * Runs a script in its own namespaces.
 *
 * @param flags of unshare(1); with `-r` nobody needs to be root (user_namespaces(7))
 * @param script for sh(1), ending with `HOLD`
 * @returns the process that holds the namespaces; the script's error output when it failed
 */
export async function holdNamespace(
  flags: readonly string[],
  script: string,
  args: readonly string[],
): Promise<ChildProcess | string> {
  const holder = spawn('unshare', [...flags, 'sh', '-c', script, 'sh', ...args]);
  let said = '';
  holder.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const isHeld = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    once(holder, 'close').then(() => false),
    once(holder, 'error').then(([error]) => {
      said = String(error);
      return false;
    }),
  ]);
  return isHeld ? holder : said.trim();
}

/** Ends the process that holds namespaces. They go with the last program in them. */
export async function letGo(holder: ChildProcess): Promise<void> {
  holder.stdin?.end();
  if (holder.exitCode === null) await once(holder, 'close');
}
