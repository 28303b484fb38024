import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';

/** The largest size of a domain's configuration file, bytes. */
export const CONFIG_LIMIT = 256 * 1024;

/** A file that must not be read; the message says why in a few words: `it is a pipe`. */
export class NotPlainError extends Error {
  /** It is a plain file, of which more would have to be read than the limit. */
  readonly isTooBig: boolean;

  constructor(message: string, isTooBig = false) {
    super(message);
    this.isTooBig = isTooBig;
  }
}

/** Identifies a file and its state: device, inode, size, and times of content and inode in nanoseconds. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** Names a file that is neither plain nor a directory. */
export function kindOf(seen: BigIntStats): string {
  if (seen.isFIFO()) return 'it is a pipe';
  if (seen.isSocket()) return 'it is a socket';
  return 'it is a device';
}

/**
 * Reads somebody else's file. Never waits for a writer, and never reads without end: a pipe, a device or a
 * file that is too big is an error. Links are followed, as the toolstack does.
 *
 * @throws NotPlainError, or a file system error
 */
export async function readPlainFile(path: string, limit: number): Promise<Buffer> {
  // Check before opening: a device may act on being opened.
  const seen = await stat(path, { bigint: true });
  if (!seen.isFile()) throw new NotPlainError(seen.isDirectory() ? 'it is a directory' : kindOf(seen));
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const opened = await file.stat();
    if (!opened.isFile()) throw new NotPlainError('it is no plain file');
    const buffer = Buffer.alloc(limit + 1);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, filled);
      filled += bytesRead;
      if (bytesRead === 0) return buffer.subarray(0, filled);
      if (filled > limit) throw new NotPlainError(`it is over ${limit} bytes`, true);
    }
  } finally {
    await file.close();
  }
}
