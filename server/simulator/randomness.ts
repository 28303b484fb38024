import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

// From the kernel itself: to load node:crypto takes a fifth of the start of a domain's process.

/** A random UUID. */
export function randomUuid(): string {
  return readFileSync('/proc/sys/kernel/random/uuid', 'utf8').trim();
}

export function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const descriptor = openSync('/dev/urandom', 'r');
  try {
    readSync(descriptor, bytes);
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}
