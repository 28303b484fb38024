import { join } from 'node:path';
import { lockFile } from './database.js';
import { makeLockFile } from './state-directory.js';
import { StoreError } from './store-error.js';

const LOCK = 'gate.lock';

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
