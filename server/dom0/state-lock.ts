import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Another process works in this state directory, said in one sentence. */
export class StateInUseError extends Error {}

/**
 * Keeps two dom0 halves out of one journal. The lock is a file with the holder's process number and start time, so that one that a
 * killed process left is told from one that is held.
 *
 * @returns what gives it back; twice is harmless
 * @throws StateInUseError
 */
export async function lockState(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(await identity(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readFile(path, 'utf8').catch(() => '');
    const pid = Number(holder.split(' ')[0]);
    if (Number.isInteger(pid) && pid > 0 && isAlive(pid) && (await identity(pid)) === holder) {
      throw new StateInUseError(`another dom0 half (process ${pid}) works in ${directory}`);
    }
    await rm(path, { force: true });
  }
  throw new StateInUseError(`${path} cannot be had`);
}

/** The start time, proc(5) field 22, tells a process from a later one with its number; absent where there is no /proc. */
async function identity(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${started}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
