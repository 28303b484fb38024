import { open, readdir, rename, rm, rmdir, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../../wire/make-directory.js';
import { Semaphore } from '../scheduling/semaphore.js';

export interface LogFile {
  readonly name: string;
  readonly size: number;
  /** When it was last written, milliseconds since the epoch. */
  readonly at: number;
}

/** The file system, as far as console logs need it. Every call may fail or hang as the file system does. */
export interface LogDisk {
  /** The plain files of a folder, by name; none when there is no such folder. */
  files(folder: string): Promise<readonly LogFile[]>;
  /** The folders in a folder; none when there is no such folder. Links do not count. */
  folders(folder: string): Promise<readonly string[]>;
  /**
   * Makes the file and its folder (0600, 0700) when they are missing. Bytes written
   * before a failure stay written.
   */
  append(file: string, bytes: Buffer): Promise<void>;
  /** @returns at most `length` bytes from a position; null when there is no such file */
  read(file: string, from: number, length: number): Promise<Buffer | null>;
  truncate(file: string, size: number): Promise<void>;
  /** All or nothing. */
  replace(file: string, text: string): Promise<void>;
  /** A missing file is no error. */
  remove(file: string): Promise<void>;
  /** Removes an empty folder; one that is not empty stays. */
  removeFolder(folder: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

/** The most calls at once, of the four that Node runs: a hanging disk must not hold up the journal. */
const AT_ONCE = 2;

export class LocalDisk implements LogDisk {
  readonly #semaphore = new Semaphore(AT_ONCE);

  files(folder: string): Promise<readonly LogFile[]> {
    return this.#turn(async () => {
      const files: LogFile[] = [];
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(orNone)) {
        if (!entry.isFile()) continue;
        const found = await stat(join(folder, entry.name)).catch(orNull);
        if (found !== null) files.push({ name: entry.name, size: found.size, at: found.mtimeMs });
      }
      return files.sort((one, other) => (one.name < other.name ? -1 : 1));
    });
  }

  folders(folder: string): Promise<readonly string[]> {
    return this.#turn(async () => {
      const entries = await readdir(folder, { withFileTypes: true }).catch(orNone);
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    });
  }

  append(file: string, bytes: Buffer): Promise<void> {
    return this.#turn(async () => {
      const handle = await open(file, 'a', 0o600).catch(async (error: unknown) => {
        if (!isMissing(error)) throw error;
        await makeDirectory(dirname(file), 0o700);
        return open(file, 'a', 0o600);
      });
      try {
        await handle.appendFile(bytes);
      } finally {
        await handle.close();
      }
    });
  }

  read(file: string, from: number, length: number): Promise<Buffer | null> {
    return this.#turn(async () => {
      const handle = await open(file, 'r').catch((error: unknown) => {
        if (isMissing(error)) return null;
        throw error;
      });
      if (handle === null) return null;
      try {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, from);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    });
  }

  truncate(file: string, size: number): Promise<void> {
    return this.#turn(() => truncate(file, size));
  }

  replace(file: string, text: string): Promise<void> {
    return this.#turn(async () => {
      await makeDirectory(dirname(file), 0o700);
      await writeFile(`${file}.new`, text, { mode: 0o600, flush: true });
      await rename(`${file}.new`, file);
    });
  }

  remove(file: string): Promise<void> {
    return this.#turn(() => rm(file, { force: true }));
  }

  removeFolder(folder: string): Promise<void> {
    return this.#turn(() => rmdir(folder).catch(() => undefined));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#turn(async () => {
      await makeDirectory(dirname(to), 0o700);
      await rename(from, to);
    });
  }

  #turn<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#semaphore.acquire((release) => {
        work().then(resolve, reject).finally(release);
      });
    });
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function orNone(error: unknown): [] {
  if (isMissing(error)) return [];
  throw error;
}

/** A file may vanish between the listing and its size: a `.new` is renamed, an old one removed. */
function orNull(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
