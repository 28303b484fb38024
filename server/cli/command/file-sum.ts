import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';

export interface FileSum {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Reads the whole file. @throws as the file system does, and when the signal ends it */
export async function sumOf(path: string, signal?: AbortSignal): Promise<FileSum> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer);
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}

/** Brings a file or a directory to the disk. @throws as the file system does */
export async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
