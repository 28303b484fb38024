import { chmodSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from './store-error.js';
import { makeDirectorySync } from '../wire/make-directory.js';

/** The name of the database in the state directory. */
export const DATABASE = 'postern.db';

/** The name of the file beside it with what domains used. */
export const USAGE = 'usage.db';

/** The parts of a file's status that matter here. */
interface Ownership {
  readonly uid: number;
  readonly mode: number;
}

/**
 * @param user the effective user id of this process
 * @param allowed the mode bits that the path may have
 * @returns a sentence when this process must not use the path, else null. We put no files beside another
 *   user's, and a path that others may write proves nothing
 */
export function ownershipProblem(
  path: string,
  status: Ownership,
  user: number,
  allowed: number,
): string | null {
  if (status.uid !== user) {
    return `${path} belongs to the user with id ${status.uid}, and this runs as ${user}: run it as that user, for example \`sudo -u '#${status.uid}' postern …\``;
  }
  const excess = status.mode & 0o777 & ~allowed;
  if (excess === 0) return null;
  const mode = (status.mode & 0o777).toString(8).padStart(4, '0');
  return `${path} is open to others (mode ${mode}): run \`chmod ${allowed.toString(8)} ${path}\``;
}

/**
 * Makes sure that the database's directory has mode 0700 and its file 0600, and that both belong to this
 * process's user. SQLite gives `-wal` and `-shm` the mode of the file.
 *
 * @throws StoreError with a sentence
 */
export function secureDatabaseFile(file: string): void {
  const directory = dirname(file);
  try {
    makeDirectorySync(directory, 0o700);
    demand(directory, 0o700);
    // A named pipe would wait for its writer.
    const flags = constants.O_RDONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    closeSync(openSync(file, flags, 0o600));
    if (!statSync(file).isFile()) throw new StoreError(`${file} is not a regular file: move it away`);
    demand(file, 0o600);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(`cannot use ${file}: ${(error as Error).message}`);
  }
}

function demand(path: string, allowed: number): void {
  const problem = ownershipProblem(path, statSync(path), process.geteuid?.() ?? -1, allowed);
  if (problem !== null) throw new StoreError(problem);
}

/**
 * Makes the lock's file, and its directory with mode 0700. @throws StoreError when the directory belongs to
 * another user or is open to others
 */
export function makeLockFile(file: string): void {
  const directory = dirname(file);
  makeDirectorySync(directory, 0o700);
  demand(directory, 0o700);
  closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
}

/**
 * Makes an empty file for a copy of the database, which is as secret as the database.
 * @throws when the file exists
 */
export function makePrivateFile(file: string): void {
  closeSync(openSync(file, 'wx', 0o600));
  chmodSync(file, 0o600);
}
