import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutInherited } from '../process/pty.js';

/** Another process uses this state directory; the message is one sentence. */
class StateInUseError extends Error {}

const FLOCK = ['/usr/bin/flock', '/bin/flock'].find((file) => existsSync(file));
/** flock(1)'s exit status when another process has the lock. */
const HELD = 1;

/**
 * Keeps two dom0 processes out of one state directory. The lock is flock(2) on the directory itself. It needs
 * no write, so dom0 starts on a full or read-only disk, and it ends with its process, however that ends. A
 * file `lock` names the holder, for people and for old versions that lock by that file.
 *
 * @returns a function that releases the lock; calling it twice is harmless
 * @throws StateInUseError
 */
export async function lockState(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  // Without the directory, and without a way to make it, there is nothing to lock.
  const descriptor = opened(directory);
  const holder = await readFile(path, 'utf8').catch(() => '');
  const pid = Number(holder.split(' ')[0]);
  const isLocked = descriptor === null || (await flock(descriptor));
  const isOthers = pid !== process.pid && (await identity(pid)) === holder && isAlive(pid);
  if (!isLocked || isOthers) {
    if (descriptor !== null) closeSync(descriptor);
    const who = Number.isInteger(pid) && pid > 0 ? ` (process ${pid})` : '';
    throw new StateInUseError(`another dom0 half${who} works in ${directory}`);
  }
  await writeFile(path, await identity(process.pid), { mode: 0o600 }).catch(() => undefined);
  let isHeld = true;
  return async () => {
    if (!isHeld) return;
    isHeld = false;
    await writeFile(path, '').catch(() => undefined);
    if (descriptor !== null) closeSync(descriptor);
  };
}

/** A number, for a file handle closes when it is collected as garbage, and its lock would end. */
function opened(directory: string): number | null {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return null;
  }
}

/**
 * Node has no flock(2). flock(1) locks the descriptor that it inherits, and the lock stays with
 * ours. True without flock(1).
 */
function flock(descriptor: number): Promise<boolean> {
  if (FLOCK === undefined) return Promise.resolve(true);
  const locking = spawn(FLOCK, ['--nonblock', '3'], {
    stdio: withoutInherited(['ignore', 'ignore', 'ignore', descriptor]),
    env: {},
    cwd: '/',
  });
  return new Promise((resolve) => {
    locking.once('error', () => {
      resolve(true);
    });
    locking.once('exit', (code) => {
      resolve(code !== HELD);
    });
  });
}

/**
 * The start time, proc(5) field 22, tells a process from a later one with the same
 * number; absent without /proc.
 */
async function identity(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${started}`;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
