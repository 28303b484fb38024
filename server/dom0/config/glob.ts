import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NoAnswerError } from './foreign-files.js';

/**
 * The paths that match an absolute pattern, sorted. `*` and `?` match within one part of the path; as in a
 * shell they do not match a leading dot. A directory that cannot be read has no matches.
 *
 * @throws NoAnswerError when a file system hangs
 */
export async function glob(
  pattern: string,
  list: (directory: string) => Promise<string[]> = readdir,
): Promise<string[]> {
  const parts = pattern.split('/').filter((part) => part !== '');
  let paths = ['/'];
  for (const part of parts) {
    if (!/[*?]/.test(part)) {
      paths = paths.map((path) => join(path, part));
      continue;
    }
    const matcher = new RegExp(
      `^${part
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replace(/\*/g, '.*')
        .replace(/\?/g, '.')}$`,
      's',
    );
    const found = await Promise.all(
      paths.map(async (path) => {
        const names = await list(path).catch((error: unknown) => {
          if (error instanceof NoAnswerError) throw error;
          return [];
        });
        return names
          .filter((name) => matcher.test(name) && (part.startsWith('.') || !name.startsWith('.')))
          .map((name) => join(path, name));
      }),
    );
    paths = found.flat();
  }
  return paths.sort();
}
