/** Words of other programs, and our words for them. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  destroy: 'poweroff',
  off: 'poweroff',
  stop: 'shutdown',
  halt: 'shutdown',
  boot: 'start',
  restart: 'reboot',
  reset: 'reboot',
  view: 'watch',
  see: 'status',
  list: 'status',
  user: 'customer',
  users: 'customers',
  servers: 'domains',
  vms: 'domains',
  hosts: 'domains',
  names: 'domains',
  permit: 'allow',
  reject: 'deny',
  forbid: 'deny',
  message: 'reason',
  max: 'count',
  window: 'within',
  name: 'id',
  viewer: 'watcher',
  admin: 'owner',
  '*': 'all',
  any: 'all',
};

/**
 * The candidate that was probably meant. First comes the same word but for case and separators, then our word
 * for another program's word. Last comes the nearest one within a third of the letters.
 */
export function closest(word: string, candidates: readonly string[]): string | null {
  const same = candidates.find((candidate) => plain(candidate) === plain(word));
  if (same !== undefined) return same;
  const other = Object.hasOwn(OTHER_WORDS, word.toLowerCase()) ? OTHER_WORDS[word.toLowerCase()] : undefined;
  if (other !== undefined && candidates.includes(other)) return other;
  if (word.length > 100) return null;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain(word), plain(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate ?? null;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment distance). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (before[column - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
