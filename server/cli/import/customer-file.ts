import { closeSync, constants, fstatSync, openSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { reason } from '../../wire/reason.js';
import type { RootDirectory } from '../command/root-directory.js';
import type { Account } from './accounts.js';
import { readAtMost } from './bounded-read.js';
import { isRoots, isRootsDirectory } from './owned-file.js';

/** Room for a thousand keys. sshd itself has no limit. */
const LARGEST = 1024 * 1024;
const MOST_FILES = 100_000;

/** A file that matches a pattern. The text that the wildcard stands for is the account. */
export interface CustomerFile {
  readonly account: string;
  /** As on the machine that owns the files. */
  readonly path: string;
  /**
   * The real path of the directory above the wildcard, with the administrators' links followed. Below it no
   * link is followed.
   */
  readonly base: string;
  readonly below: readonly string[];
}

/** The text of a customer's file. */
export interface CustomerText {
  readonly text: string;
  /** Whether only root can have written it: the file and each directory on its way are root's. */
  readonly roots: boolean;
}

/**
 * Finds the files that a pattern names: `/home/*` and a path below each, or `/etc/ssh/authorized_keys/*`.
 *
 * @param pattern absolute, with one `*`, which stands for the account
 * @returns a sentence when the pattern is not like this, or its directory cannot be read
 */
export function findCustomerFiles(root: RootDirectory, pattern: string): readonly CustomerFile[] | string {
  const parts = pattern.split('/').filter((part) => part !== '');
  const wild = parts.findIndex((part) => part.includes('*'));
  const [before = '', after = ''] = (parts[wild] ?? '').split('*');
  const simple = parts.filter((part) => part.includes('*')).length === 1 && !parts.includes('..');
  if (!pattern.startsWith('/') || !simple || (parts[wild] ?? '').split('*').length !== 2) {
    return `${pattern} must be absolute and have one \`*\`, which stands for the account: /home/*/.ssh/authorized_keys`;
  }
  const directory = `/${parts.slice(0, wild).join('/')}`;
  try {
    if (!root.holds(root.at(directory)))
      return `${directory} is a symbolic link that leads out of ${root.path}`;
    const base = realpathSync(root.at(directory));
    return readdirSync(base)
      .filter((name) => name.length > before.length + after.length)
      .filter((name) => name.startsWith(before) && name.endsWith(after) && !name.startsWith('.'))
      .sort()
      .slice(0, MOST_FILES)
      .map((name) => ({
        account: name.slice(before.length, name.length - after.length),
        path: join(directory, name, ...parts.slice(wild + 1)),
        base,
        below: [name, ...parts.slice(wild + 1)],
      }));
  } catch (error) {
    return `${directory} cannot be read: ${reason(error)}`;
  }
}

/**
 * Reads a file that a customer may control. From the account's directory on, no symbolic link is followed, so
 * the file cannot stand for somebody else's. Each step starts from the open directory before it, as openat(2)
 * does, so nothing can be swapped in between. As with sshd (StrictModes), the file and its directories must
 * be owned by the account or root, and others must not be able to write to them. The user who runs this may
 * own them too.
 *
 * @returns null when there is no file; a sentence when it is not read
 */
export function readCustomerFile(file: CustomerFile, account: Account): CustomerText | string | null {
  let at = file.base;
  let roots = isRootsDirectory(file.base);
  const opened: number[] = [];
  try {
    for (const [index, name] of file.below.entries()) {
      const last = index === file.below.length - 1;
      const kind = last ? constants.O_NONBLOCK | constants.O_NOCTTY : constants.O_DIRECTORY;
      const descriptor = openSync(join(at, name), constants.O_RDONLY | constants.O_NOFOLLOW | kind);
      opened.push(descriptor);
      const stats = fstatSync(descriptor);
      if (last && !stats.isFile()) return 'it is not a regular file';
      if (last && stats.nlink > 1)
        return "it has a second name (a hard link), so it may be somebody else's file";
      if (!isRoots(stats)) roots = false;
      if (stats.uid !== 0 && stats.uid !== account.uid && stats.uid !== process.geteuid?.()) {
        return `${last ? 'it' : `the directory ${name}`} does not belong to ${account.name}`;
      }
      if ((stats.mode & 0o022) !== 0) {
        return `others can write to ${last ? 'it' : `the directory ${name}`}, so sshd does not take it either`;
      }
      at = `/proc/self/fd/${descriptor}`;
    }
    const bytes = readAtMost(opened.at(-1) ?? -1, LARGEST);
    if (bytes === undefined) return `it is larger than ${LARGEST / 1024 / 1024} MiB`;
    return { text: bytes.toString('utf8'), roots };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP' || code === 'ENOTDIR')
      return 'it is a symbolic link or lies behind one, and import follows none here';
    return `it cannot be read: ${reason(error)}`;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
