import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { CopyDisk, CopyFile } from './image-copy.js';
import { fileIdentity } from './image-job.js';
import type { DiskFile } from './image-job.js';

const { O_RDONLY, O_RDWR, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
/** util-linux. Without them nothing is discarded, and zeros are written. */
const BLKDISCARD = ['/usr/sbin/blkdiscard', '/sbin/blkdiscard'];
const FALLOCATE = ['/usr/bin/fallocate', '/bin/fallocate'];
const BLOCK_BYTES = 512n;

/** The image, opened for reading. @throws when it is no plain file */
export async function openImage(
  file: string,
): Promise<CopyFile & { readonly bytes: number; readonly close: () => Promise<void> }> {
  // A pipe without a writer would block for ever.
  const handle = await open(file, O_RDONLY | O_NONBLOCK);
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw new Error('it is no plain file');
  }
  return { ...readerOf(handle), bytes: stat.size, close: () => handle.close() };
}

/**
 * The disk, opened for writing and by nobody else: the kernel refuses a block device that is mounted or in
 * use.
 *
 * @throws when it is not the disk that was found before
 */
export async function openDisk(disk: DiskFile): Promise<CopyDisk & { readonly close: () => Promise<void> }> {
  const isBlock = disk.identity.startsWith('block ');
  // The path of a volume is a link (/dev/vg0/disk). That of a file must not be one.
  const handle = await open(disk.path, O_RDWR | O_NONBLOCK | (isBlock ? O_EXCL : O_NOFOLLOW));
  try {
    const stat = await handle.stat({ bigint: true });
    if (fileIdentity(stat) !== disk.identity) throw new Error('another file has taken its place');
    if (!isBlock && Number(stat.size) !== disk.bytes) throw new Error('its size has changed');
    const isSparse = !isBlock && stat.blocks * BLOCK_BYTES < stat.size;
    return {
      ...readerOf(handle),
      write: async (bytes, at) => (await handle.write(bytes, 0, bytes.length, at)).bytesWritten,
      sync: () => handle.datasync(),
      discard: () => discard(handle, disk, isBlock, isSparse),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function readerOf(handle: FileHandle): CopyFile {
  return { read: async (into, at) => (await handle.read(into, 0, into.length, at)).bytesRead };
}

/**
 * A volume gives its blocks back, so that a thin one stays thin. So does a sparse file. A file whose space is
 * reserved keeps it.
 */
async function discard(
  handle: FileHandle,
  disk: DiskFile,
  isBlock: boolean,
  isSparse: boolean,
): Promise<boolean> {
  const path = '/proc/self/fd/3';
  // The device is open with O_EXCL here, so the program must not ask for the same: `--force`.
  if (isBlock) return runs(BLKDISCARD, ['--force', path], handle.fd);
  const whole = ['--punch-hole', '--offset', '0', '--length', String(disk.bytes), path];
  return isSparse && runs(FALLOCATE, whole, handle.fd);
}

/**
 * The program has our standard output, by which the next half finds it.
 *
 * @param fd the program has it as descriptor 3
 * @returns whether one of the files ran and succeeded
 */
async function runs(files: readonly string[], args: readonly string[], fd: number): Promise<boolean> {
  for (const file of files) {
    const code = await new Promise<number | null>((resolve) => {
      const child = spawn(file, args, { env: {}, stdio: ['ignore', 'inherit', 'ignore', fd] });
      child.once('error', () => {
        resolve(null);
      });
      child.once('exit', (exit) => {
        resolve(exit ?? 1);
      });
    });
    if (code !== null) return code === 0;
  }
  return false;
}
