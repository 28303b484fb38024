import { reason } from './reason.js';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** More than a database or a journal may have reserved in its present files. Bytes. */
const TRIED_BYTES = 256 * 1024;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** How much room there is for a folder. */
export interface FolderRoom {
  /** A name without a path: `state directory`. */
  readonly what: string;
  /** Bytes that this user may still write; null when unknown. */
  readonly free: number | null;
  /** The size of its file system in bytes; null when unknown. */
  readonly size: number | null;
}

/** Whether a folder accepts files, tested by writing one. */
export interface FolderCheck extends FolderRoom {
  /** The system's reason why no file of 256 KiB could be written; null when one was. */
  readonly problem: string | null;
}

/**
 * Writes a file of 256 KiB and syncs it to the disk, then removes it. Never rejects: an
 * error becomes the answer.
 *
 * @param what see {@link FolderCheck}
 */
export async function checkFolder(what: string, folder: string): Promise<FolderCheck> {
  const file = join(folder, `.written-by-doctor-${randomBytes(8).toString('hex')}`);
  let problem: string | null = null;
  try {
    const handle = await open(file, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
    try {
      await handle.writeFile(Buffer.alloc(TRIED_BYTES, 1));
      await handle.sync();
    } finally {
      await handle.close();
      await rm(file, { force: true });
    }
  } catch (error) {
    problem = reason(error);
  }
  return { ...(await folderRoom(what, folder)), problem };
}

/** How much room there is, without writing anything. Never rejects. @param what see {@link FolderCheck} */
export async function folderRoom(what: string, folder: string): Promise<FolderRoom> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { what, free: bavail * bsize, size: blocks * bsize };
  } catch {
    return { what, free: null, size: null };
  }
}
