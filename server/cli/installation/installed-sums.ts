import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RootDirectory } from '../command/root-directory.js';

/** In the format of sha256sum(1), so `sha256sum -c` shows which files were edited since. */
export const SUMS = '/etc/postern/setup.sums';

/**
 * The checksums of the program's files that setup wrote. An unchanged file can be replaced by the next
 * version's. An edited file is the admin's.
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

  /** Whether the text is as setup wrote it. */
  knows(path: string, text: string): boolean {
    return this.#sums.get(path) === sumOf(text);
  }

  /** Records a file's present text. */
  note(path: string, text: string): void {
    this.#sums.set(path, sumOf(text));
  }

  /** The new content of the file of checksums. */
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
