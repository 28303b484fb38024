import { closeSync, writeSync } from 'node:fs';

/** Where the one who started this process waits for a byte. */
const READY = 3;

/** Tells who started this process that it is ready. That one may have been killed meanwhile. */
export function sayReady(): void {
  try {
    writeSync(READY, '.');
  } catch {
    // Nobody waits.
  }
  closeSync(READY);
}
