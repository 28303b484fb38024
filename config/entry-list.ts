import type { DocumentPath } from '../policy/schema-fault.js';

/** Visits each entry of a list with its path. */
export function forEachEntry<T>(
  list: readonly T[],
  path: DocumentPath,
  visit: (entry: T, path: DocumentPath) => void,
): void {
  list.forEach((entry, index) => {
    visit(entry, [...path, String(index)]);
  });
}

/** The entries of a list that could be read. */
export function readEntries<T, R>(
  list: readonly T[],
  path: DocumentPath,
  parse: (entry: T, path: DocumentPath) => R | undefined,
): readonly R[] {
  return list.flatMap((entry, index) => parse(entry, [...path, String(index)]) ?? []);
}
