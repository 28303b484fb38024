import { constants } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../../wire/make-directory.js';
import type { StateDisk, StateFile } from './state-disk.js';

const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;

/** The file system of this machine. No file stays open between two calls. */
export class LocalStateDisk implements StateDisk {
  async makeFolder(folder: string): Promise<void> {
    await makeDirectory(folder, 0o700);
  }

  async list(folder: string): Promise<readonly StateFile[]> {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const files: StateFile[] = [];
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      // A file may vanish between the listing and its size, because files are renamed and removed.
      const found = await stat(join(folder, entry.name)).catch((error: unknown) => {
        if (isMissing(error)) return null;
        throw error;
      });
      if (found !== null) files.push({ name: entry.name, size: found.size });
    }
    return files.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  async read(file: string, from: number, length: number): Promise<Buffer | null> {
    try {
      return await using(file, O_RDONLY | O_NOFOLLOW, async (handle) => {
        const buffer = Buffer.alloc(length);
        let filled = 0;
        for (;;) {
          const { bytesRead } = await handle.read(buffer, filled, length - filled, from + filled);
          filled += bytesRead;
          if (bytesRead === 0 || filled === length) return buffer.subarray(0, filled);
        }
      });
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  write(file: string, at: number, bytes: Buffer): Promise<number> {
    return using(file, O_CREAT | O_RDWR | O_NOFOLLOW, async (handle) => {
      const { bytesWritten } = await handle.write(bytes, 0, bytes.length, at);
      return bytesWritten;
    });
  }

  truncate(file: string, size: number): Promise<void> {
    return using(file, O_RDWR | O_NOFOLLOW, (handle) => handle.truncate(size));
  }

  sync(path: string): Promise<void> {
    return using(path, O_RDONLY, async (handle) => {
      if ((await handle.stat()).isDirectory()) await handle.sync();
      else await handle.datasync();
    });
  }

  rename(from: string, to: string): Promise<void> {
    return rename(from, to);
  }

  remove(file: string): Promise<void> {
    return rm(file, { force: true });
  }
}

async function using<T>(path: string, flags: number, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, flags, 0o600);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
