import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RootDirectory } from '../command/root-directory.js';

/** In the form of sha256sum(1), so that `sha256sum -c` shows what was edited since. */
export const SUMS = '/etc/postern/setup.sums';

/**
 * What setup has written: a file of the program's that still is as it was written can be replaced by the next version's; one that is not
 * was edited, and is the admin's.
 */
export class InstalledSums {
  readonly #sums: Map<string, string>;

  constructor(root: RootDirectory) {
    this.#sums = new Map(
      textOf(root.at(SUMS))
        .split('\n')
        .map((line) => /^([0-9a-f]{64}) {2}(\/.*)$/.exec(line))
        .filter((match) => match !== null)
        .map(([, sum = '', path = '']) => [path, sum]),
    );
  }

  /** Whether it is as setup wrote it. */
  knows(path: string, text: string): boolean {
    return this.#sums.get(path) === sumOf(text);
  }

  /** Notes what a file is now. */
  note(path: string, text: string): void {
    this.#sums.set(path, sumOf(text));
  }

  /** What the file of sums is to hold. */
  get text(): string {
    return [...this.#sums]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, sum]) => `${sum}  ${name}\n`)
      .join('');
  }
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
