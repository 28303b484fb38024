import { closeSync, linkSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';

import type { ProcessIdentity } from './process-identity.js';
import { isAlive, ownIdentity } from './process-identity.js';

const RETRY_MILLISECONDS = 2;
const PATIENCE_MILLISECONDS = 60_000;

/**
 * Runs `section` while no other process of this host does. The section must be short and synchronous. The
 * lock of a killed process is taken over.
 *
 * @throws when there was no lock to be had within a minute.
 */
export function withLock<T>(path: string, section: () => T): T {
  const me = ownIdentity();
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  while (!acquire(path, me)) {
    removeStale(path, me);
    if (Date.now() > deadline) throw new Error(`could not lock ${path}`);
    pause(RETRY_MILLISECONDS);
  }
  try {
    return section();
  } finally {
    unlinkSync(path);
  }
}

/** Blocks this process. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function acquire(path: string, me: ProcessIdentity): boolean {
  const own = `${path}.${me.pid}`;
  const descriptor = openSync(own, 'w');
  writeSync(descriptor, JSON.stringify(me));
  closeSync(descriptor);
  try {
    // link(2) creates the lock with its content, so that no reader ever finds an empty one.
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    unlinkSync(own);
  }
}

function holderIsAlive(path: string): boolean | undefined {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity);
  } catch {
    return undefined;
  }
}

function removeStale(path: string, me: ProcessIdentity): void {
  if (holderIsAlive(path) !== false) return;
  const taken = `${path}.stale.${me.pid}`;
  try {
    renameSync(path, taken);
    // Between our look and our rename somebody else may have removed the stale lock and locked anew.
    if (holderIsAlive(taken) === true) linkSync(taken, path);
    unlinkSync(taken);
  } catch {
    // Another process was faster; the next round sees the present lock.
  }
}
