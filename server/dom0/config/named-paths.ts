import { parseDiskSpec } from './disk-spec.js';

const PREFIX = /^(?:[a-z0-9]+:)+/;

/**
 * Every path that may be a disk's in a configuration file, also in one that the toolstack refuses, such as for
 * a quotation mark that is missing. Finds too many rather than too few: comments and kernels are read too.
 *
 * @returns targets as in `disk = [ … ]`: absolute, or relative to /dev
 */
export function namedPaths(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (part: string): void => {
    const trimmed = part.trim();
    const bare = trimmed.replace(PREFIX, '');
    if (bare !== '' && (bare.startsWith('/') || bare !== trimmed)) found.add(bare);
  };
  for (const piece of text.split(/["'\n]+/)) {
    const { target } = parseDiskSpec(piece);
    if (target !== '') found.add(target);
    for (const part of piece.split(',')) {
      add(part);
      // A path has no spaces as a rule, but may have some.
      for (const word of part.split(/[\s=[\]]+/)) add(word);
    }
  }
  return found;
}
