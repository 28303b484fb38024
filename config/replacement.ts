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

/** Of a file that is nobody's yet: the gate, which is another user, reads it. */
const NEW_MODE = 0o644;

/** A text beside its file for longer than this was left by a process that was killed. Milliseconds. */
const LEFTOVER_MS = 3_600_000;

/** The owner of a file, and who may read it. */
interface FileAccess {
  readonly mode: number;
  /** Left out, as `gid`: the one that the process has. */
  readonly uid?: number;
  readonly gid?: number;
}

interface ReplacementOptions {
  /** A file whose owner and mode a new one takes. */
  readonly like?: string | null;
  /** What it has afterwards, whatever it had before. */
  readonly access?: FileAccess;
  /** Whether a symbolic link stays, and the file behind it is replaced. Left out: it does. */
  readonly followLink?: boolean;
}

/**
 * The next text of a file, beside it on the same disk, with its owner and mode, and written through: nothing that takes
 * room is left to do. Of a symbolic link it is the file behind it that is replaced. What a killed process left beside
 * the file is removed after an hour.
 */
export class Replacement {
  readonly #file: string;
  readonly #waiting: string;

  /** @throws Error of the system call; nothing is left then, and the file is as it was */
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

  /** Puts it in place, in one step. */
  commit(): void {
    renameSync(this.#waiting, this.#file);
    syncDirectory(dirname(this.#file));
  }

  /** Twice is harmless. */
  discard(): void {
    rmSync(this.#waiting, { force: true });
  }
}

/** A name beside a file that nobody else takes, and under which no policy is read. */
function besideName(file: string): string {
  return join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`);
}

/** One that cannot be removed keeps nobody from writing the next. */
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
 * Makes a file that is not there, whole and written through, never through a link that somebody put there.
 *
 * @param access left out: for everybody to read
 * @throws Error of the system call; a part of it may be there then
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

/** Makes durable what was renamed or removed in a directory. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
