import { closeSync, copyFileSync, openSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeDirectorySync } from '../server/wire/make-directory.js';
import { policyFileNames, UNFINISHED } from './policy-directory.js';
import type { PolicySource } from './policy-document.js';
import { Replacement, syncDirectory } from './replacement.js';

/** Directories of set-aside files that are kept. */
const KEPT_ASIDE = 10;

/**
 * Replaces the policy files of a directory with those of an earlier time. Its other files stay. Every step
 * that needs room on the disk comes before the first change. When the change is cut off, the directory is not
 * read as a policy (`UNFINISHED`) until it is repeated.
 *
 * @throws Error of the system call
 */
export function restorePolicy(directory: string, sources: readonly PolicySource[]): void {
  const present = policyFileNames(directory);
  const like = present[0] === undefined ? null : join(directory, present[0]);
  const names = sources.map(({ file }) => basename(file));
  const made: Replacement[] = [];
  try {
    for (const [index, { text }] of sources.entries())
      made.push(new Replacement(join(directory, names[index] ?? ''), text, { like }));
    closeSync(openSync(join(directory, UNFINISHED), 'a', 0o644));
    syncDirectory(directory);
  } catch (error) {
    for (const replacement of made) replacement.discard();
    throw error;
  }
  for (const replacement of made) replacement.commit();
  for (const name of present.filter((other) => !names.includes(other))) rmSync(join(directory, name));
  rmSync(join(directory, UNFINISHED));
  syncDirectory(directory);
}

/**
 * Copies the policy files of a directory, unchanged, into a new directory named by the time. Only the last
 * ten copies remain.
 *
 * @param aside used only for this; made when it does not exist
 * @returns the new directory
 * @throws Error of the system call
 */
export function setAside(directory: string, aside: string, now = new Date()): string {
  const copy = join(aside, now.toISOString().replaceAll(':', '-'));
  makeDirectorySync(copy, 0o700);
  try {
    for (const name of policyFileNames(directory)) copyFileSync(join(directory, name), join(copy, name));
    syncDirectory(copy);
  } catch (error) {
    rmSync(copy, { recursive: true, force: true });
    throw error;
  }
  const old = readdirSync(aside).sort().slice(0, -KEPT_ASIDE);
  for (const name of old) rmSync(join(aside, name), { recursive: true, force: true });
  return copy;
}
