import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The name of the checksums beside the packages. */
export const SUMS = 'SHA256SUMS';

/**
 * The checksums of a directory in the format of sha256sum(1), by name: of the files that were made, and of those that
 * earlier runs left there, for another processor or of another version.
 *
 * @param made the paths of the files, not in the directory yet
 */
export function sumsText(into: string, made: readonly string[]): string {
  const sums = new Map(earlierSums(join(into, SUMS)).filter(([name]) => existsSync(join(into, name))));
  for (const path of made)
    sums.set(basename(path), createHash('sha256').update(readFileSync(path)).digest('hex'));
  return [...sums.keys()]
    .sort()
    .map((name) => `${sums.get(name) ?? ''}  ${name}\n`)
    .join('');
}

function earlierSums(file: string): readonly (readonly [name: string, sum: string])[] {
  if (!existsSync(file)) return [];
  return [...readFileSync(file, 'utf8').matchAll(/^([0-9a-f]{64}) {2}([^/\n]+)$/gm)].map(
    ([, sum = '', name = '']) => [name, sum],
  );
}
