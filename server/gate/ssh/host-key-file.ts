import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeEd25519KeyPair } from './ed25519-key-pair.js';

/** Milliseconds. An older temporary file was left by a killed process. */
const LEFTOVER_MS = 3_600_000;

/** Makes an Ed25519 key and never overwrites one: of two gates that start at once, one makes it and both use it. */
export function makeHostKeyFile(file: string, comment: string): void {
  const { privateFile, publicFile } = makeEd25519KeyPair(comment);
  if (placePrivateHalf(file, privateFile)) placePublicHalf(file, publicFile);
}

/**
 * Writes a private key, mode 0600, whole or not at all, onto the disk.
 *
 * @returns false when there is a file of that name; it stays as it is
 * @throws Error of the system call
 */
export function placePrivateHalf(file: string, text: string): boolean {
  const temporary = besideName(file);
  try {
    write(temporary, text, 0o600);
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(dirname(file));
  return true;
}

/** Writes or replaces `FILE.pub`, mode 0644, in one step. @throws Error of the system call */
function placePublicHalf(file: string, text: string): void {
  const temporary = besideName(file);
  try {
    write(temporary, text, 0o644);
    renameSync(temporary, `${file}.pub`);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(dirname(file));
}

/** Gives a file a second name, and replaces what has that name, in one step. @throws Error of the system call */
export function nameAlso(file: string, name: string): void {
  const temporary = besideName(file);
  try {
    linkSync(file, temporary);
    renameSync(temporary, name);
  } finally {
    // A rename onto another name of the same file does nothing, and leaves both.
    rmSync(temporary, { force: true });
  }
}

/** Writes `FILE.pub` where it is missing or is that of another key: a process was killed between the two. */
export function mendPublicHalf(file: string, publicLine: string): void {
  try {
    if (wordsOf(readFileSync(`${file}.pub`, 'utf8')) === wordsOf(publicLine)) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
  }
  try {
    placePublicHalf(file, `${publicLine}\n`);
  } catch {
    // Keys that another server has, too, lie where only root can write.
  }
}

/** Removes what a killed process left beside a key: it holds a private key. */
export function removeLeftovers(file: string): void {
  const beginning = `${basename(file)}.`;
  try {
    for (const name of readdirSync(dirname(file))) {
      if (!name.startsWith(beginning) || !/^[0-9a-f]{12}$/.test(name.slice(beginning.length))) continue;
      const path = join(dirname(file), name);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() === true && stats.mtimeMs < Date.now() - LEFTOVER_MS) rmSync(path, { force: true });
    }
  } catch {
    // The next start tries again.
  }
}

/** Syncs a directory, so that names in it are durable. @throws Error of the system call */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function besideName(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}`;
}

/** Type and key, without the comment. */
function wordsOf(line: string): string {
  return line.trim().split(' ').slice(0, 2).join(' ');
}

function write(file: string, text: string, mode: number): void {
  const descriptor = openSync(file, 'wx', mode);
  try {
    // Writes all of it: a single write may take a part only.
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  chmodSync(file, mode);
}
