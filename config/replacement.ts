import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Of a file that is nobody's yet: the gate, which is another user, reads it. */
const NEW_MODE = 0o644;

/**
 * The next text of a file, beside it on the same disk, with its owner and mode, and written through: nothing that takes
 * room is left to do. Of a symbolic link it is the file behind it that is replaced.
 */
export class Replacement {
  readonly #file: string;
  readonly #waiting: string;

  /**
   * @param like a file whose owner and mode a new one takes
   * @throws Error of the system call; nothing is left then
   */
  constructor(file: string, text: string | Buffer, like: string | null = null) {
    const known = statSync(file, { throwIfNoEntry: false });
    this.#file = known === undefined ? file : realpathSync(file);
    this.#waiting = besideName(this.#file);
    const model = known ?? (like === null ? undefined : statSync(like, { throwIfNoEntry: false }));
    try {
      write(this.#waiting, Buffer.from(text), model);
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

/** Makes a file as a model is, never through a link that somebody put there. */
export function write(file: string, bytes: Buffer, model: Stats | undefined): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(file, flags, 0o600);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    if (model !== undefined) {
      const { uid, gid } = fstatSync(descriptor);
      if (uid !== model.uid || gid !== model.gid) fchownSync(descriptor, model.uid, model.gid);
    }
    fchmodSync(descriptor, model === undefined ? NEW_MODE : model.mode & 0o7777);
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
