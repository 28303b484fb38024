import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { reason } from '../../wire/reason.js';
import type { RootDirectory } from '../command/root-directory.js';
import { readAtMost } from './bounded-read.js';
import { isAdministrators } from './owned-file.js';

/** Larger than any sudoers file, passwd file or domain's configuration. */
const LARGEST = 4 * 1024 * 1024;

/**
 * Reads a file that decides who may do what. Only administrators may be able to write to it.
 *
 * @param path as on the machine that owns the files
 * @returns a sentence when the file cannot be read, or is not trusted because others can write to it
 */
export function readAdminFile(root: RootDirectory, path: string): { readonly text: string } | string {
  const file = root.at(path);
  try {
    if (!root.holds(file)) return `${path} is a symbolic link that leads out of ${root.path}`;
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return `${path} is not a regular file`;
      if (!isAdministrators(stats)) return `${path} is not trusted: users other than root can write to it`;
      const bytes = readAtMost(descriptor, LARGEST);
      if (bytes === undefined) return `${path} is larger than ${LARGEST / 1024 / 1024} MiB`;
      return { text: bytes.toString('utf8') };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return `${path} cannot be read: ${reason(error)}`;
  }
}
