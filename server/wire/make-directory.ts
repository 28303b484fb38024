import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Why there can never be a directory at a path, in one sentence: the path is wrong, and
 * the disk is not to blame.
 */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly code: string;

  constructor(path: string, why: string, code: string) {
    super(`${path} cannot be made: ${why} (${code}): choose another directory`);
    this.code = code;
  }
}

/**
 * Makes a directory and the missing ones above it, each with this mode. Node's own `recursive`
 * loops for ever, and no signal ends it, where `mkdir` answers ENOENT although the directory
 * above exists, as below /proc.
 *
 * @returns the topmost directory that was made; undefined when all were there
 * @throws DirectoryError, or the system call's error
 */
export async function makeDirectory(path: string, mode: number): Promise<string | undefined> {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const fault = await mkdir(at, { mode }).then(() => null, asFault);
    if (fault !== null && isAbove(fault, at)) {
      missing.push(at);
      continue;
    }
    if (fault !== null && !(await stat(at).then(isDirectory, () => false))) throw cannot(path, at, fault);
    for (const next of missing.reverse()) {
      const again = await mkdir(next, { mode }).then(() => null, asFault);
      if (again !== null && !(await stat(next).then(isDirectory, () => false)))
        throw cannot(path, next, again);
    }
    return fault === null ? at : missing[0];
  }
}

/** The same, synchronously. */
export function makeDirectorySync(path: string, mode: number): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const fault = tried(() => {
      mkdirSync(at, { mode });
    });
    if (fault !== null && isAbove(fault, at)) {
      missing.push(at);
      continue;
    }
    if (fault !== null && !isThere(at)) throw cannot(path, at, fault);
    for (const next of missing.reverse()) {
      const again = tried(() => {
        mkdirSync(next, { mode });
      });
      if (again !== null && !isThere(next)) throw cannot(path, next, again);
    }
    return fault === null ? at : missing[0];
  }
}

/** Whether the missing part is the directory above. */
function isAbove({ code }: NodeJS.ErrnoException, at: string): boolean {
  return code === 'ENOENT' && dirname(at) !== at;
}

function cannot(path: string, at: string, fault: NodeJS.ErrnoException): Error {
  switch (fault.code) {
    case 'ENOENT':
      return new DirectoryError(path, `${dirname(at)} takes no directories`, fault.code);
    case 'EEXIST':
      return new DirectoryError(
        path,
        `${at} is in the way: it is no directory, or a link to none`,
        fault.code,
      );
    case 'ENOTDIR':
      return new DirectoryError(path, 'what is above it is no directory', fault.code);
    default:
      return fault;
  }
}

function isThere(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function tried(work: () => unknown): NodeJS.ErrnoException | null {
  try {
    work();
    return null;
  } catch (fault) {
    return asFault(fault);
  }
}

const asFault = (fault: unknown): NodeJS.ErrnoException => fault as NodeJS.ErrnoException;
const isDirectory = (found: { isDirectory(): boolean }): boolean => found.isDirectory();
