import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lockFile, shareFile } from './file-lock.js';
import { makeLockFile } from './state-directory.js';
import { StoreError } from './store-error.js';

const LOCK = 'gate.lock';
const WORKERS_LOCK = 'workers.lock';

/** The workers of a gate that was killed end their sessions, which takes some seconds. Milliseconds. */
const WORKERS_LEAVE_MS = 12_000;
const LOOK_MS = 100;

/**
 * Keeps two gates out of one state directory, whatever their control sockets: each would close the other's
 * intents. On a disk that refuses writes there may be no lock; a gate starts all the same.
 *
 * @returns a function that releases the lock; calling it twice is harmless
 * @throws StoreError when another gate has the directory
 */
export function lockState(directory: string): () => void {
  const file = join(directory, LOCK);
  let unlock: (() => void) | null;
  try {
    makeLockFile(file);
    unlock = lockFile(file);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    return () => undefined;
  }
  if (unlock === null)
    throw new StoreError(`another gate works in ${directory}: stop it, or give this one a state of its own`);
  return unlock;
}

/**
 * Waits until no worker of an earlier gate lives: it could still record how an operation ended. Call it with the
 * state locked.
 *
 * @throws StoreError when they do not go
 */
export async function awaitFormerWorkers(directory: string): Promise<void> {
  const file = join(directory, WORKERS_LOCK);
  if (!existsSync(file)) return;
  for (let waited = 0; waited <= WORKERS_LEAVE_MS; waited += LOOK_MS) {
    let unlock: (() => void) | null;
    try {
      unlock = lockFile(file);
    } catch {
      return;
    }
    if (unlock !== null) {
      unlock();
      return;
    }
    await pause(LOOK_MS);
  }
  throw new StoreError(
    `workers of an earlier gate still work in ${directory}: end them (their command line is \`postern gate-worker\`)`,
  );
}

/**
 * Says that a worker works in the directory, until its process ends.
 *
 * @throws StoreError when another gate begins to work there
 */
export function shareState(directory: string): void {
  const file = join(directory, WORKERS_LOCK);
  let unlock: (() => void) | null;
  try {
    makeLockFile(file);
    unlock = shareFile(file);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    // As for `lockState`: a disk that refuses writes stops no gate.
    return;
  }
  if (unlock === null) throw new StoreError(`another gate begins to work in ${directory}`);
}
