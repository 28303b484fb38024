import { writeSync } from 'node:fs';

/**
 * Writes all of `text` before returning, so that the caller may exit at once. `process.stdout` would add
 * several milliseconds to the start of `xl list`.
 */
export function print(text: string | Uint8Array, descriptor: 1 | 2 = 1): void {
  let bytes = typeof text === 'string' ? Buffer.from(text) : text;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Node ignores SIGPIPE. A C program would die of it, so this one exits with the status
      // that a shell shows for that.
      if (code === 'EPIPE' || code === 'EIO') process.exit(141);
      if (code !== 'EAGAIN') throw error;
      pause(1);
    }
  }
}

/** As {@link print}, to stderr. */
export function complain(text: string): void {
  print(text, 2);
}

/** Blocks this process. Only for the short foreground commands, never in a domain's process. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
