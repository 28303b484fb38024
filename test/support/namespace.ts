import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What a script's last lines are: it says that it is done, and holds its namespaces until its input ends. */
export const HOLD = 'echo mounted\nexec cat';

/**
 * Runs a script in namespaces of its own.
 *
 * @param flags those of unshare(1); with `-r` nobody must be root (user_namespaces(7))
 * @param script for sh(1), with `HOLD` at its end
 * @returns the process that holds the namespaces; what the script complained of when it did not come to its end
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

/** Ends what holds namespaces. They are gone when the last program in them is. */
export async function letGo(holder: ChildProcess): Promise<void> {
  holder.stdin?.end();
  if (holder.exitCode === null) await once(holder, 'close');
}
