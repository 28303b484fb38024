import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The mode of a new file. The gate must be able to read it, and runs as another user. */
const NEW_MODE = 0o644;

/** Milliseconds. An older text beside its file was left by a killed process. */
const LEFTOVER_MS = 3_600_000;

/** A file's owner and mode. */
interface FileAccess {
  readonly mode: number;
  /** Absent, as `gid`: the process's own. */
  readonly uid?: number;
  readonly gid?: number;
}

interface ReplacementOptions {
  /** A file whose owner and mode a new file takes. */
  readonly like?: string | null;
  /** The file's owner and mode afterwards, whatever they were before. */
  readonly access?: FileAccess;
  /** Whether a symbolic link stays and the file behind it is replaced. Default: true. */
  readonly followLink?: boolean;
}

/**
 * The next text of a file. It waits beside the file on the same disk, with the file's owner and mode, and is
 * synced: committing it needs no more room. For a symbolic link, the file behind the link is replaced. A text
 * that a killed process left beside the file is removed after an hour.
 */
export class Replacement {
  readonly #file: string;
  readonly #waiting: string;

  /** @throws Error of the system call; then nothing is left, and the file is as it was */
  constructor(file: string, text: string | Buffer, options: ReplacementOptions = {}) {
    const { like = null, access, followLink = true } = options;
    const known = (followLink ? statSync : lstatSync)(file, { throwIfNoEntry: false });
    this.#file = known !== undefined && followLink ? realpathSync(file) : file;
    this.#waiting = besideName(this.#file);
    removeLeftovers(this.#file);
    const model = known ?? (like === null ? undefined : statSync(like, { throwIfNoEntry: false }));
    try {
      write(this.#waiting, Buffer.from(text), access ?? model);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Puts the text in place, in one step. */
  commit(): void {
    renameSync(this.#waiting, this.#file);
    syncDirectory(dirname(this.#file));
  }

  /** Removes the text. Calling it twice is harmless. */
  discard(): void {
    rmSync(this.#waiting, { force: true });
  }
}

/** A name beside the file that nothing else uses, and that is not read as a policy. */
function besideName(file: string): string {
  return join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`);
}

/** Removes old leftovers. One that cannot be removed does not prevent the next write. */
function removeLeftovers(file: string): void {
  const directory = dirname(file);
  const beginning = `.${basename(file)}.`;
  try {
    for (const name of readdirSync(directory)) {
      if (!name.startsWith(beginning) || !/^[0-9a-f]{12}$/.test(name.slice(beginning.length))) continue;
      const path = join(directory, name);
      const status = lstatSync(path, { throwIfNoEntry: false });
      if (status?.isFile() === true && status.mtimeMs < Date.now() - LEFTOVER_MS)
        rmSync(path, { force: true });
    }
  } catch {
    return;
  }
}

/**
 * Makes a new file and syncs it. Fails when the name exists, and never follows a link.
 *
 * @param access absent: readable by everybody
 * @throws Error of the system call; then a part of the file may exist
 */
export function write(file: string, bytes: Buffer, access: FileAccess | undefined): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(file, flags, 0o600);
  try {
    for (let written = 0; written < bytes.length;) {
      const more = writeSync(descriptor, bytes, written);
      if (more === 0) throw new Error(`${file}: the disk takes nothing more`);
      written += more;
    }
    if (access !== undefined) {
      const { uid, gid } = fstatSync(descriptor);
      const owner = { uid: access.uid ?? uid, gid: access.gid ?? gid };
      if (uid !== owner.uid || gid !== owner.gid) fchownSync(descriptor, owner.uid, owner.gid);
    }
    fchmodSync(descriptor, access === undefined ? NEW_MODE : access.mode & 0o7777);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Syncs a directory, so that renames and removals in it are durable. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
