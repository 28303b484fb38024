/** Lines of each text that are compared. Postern's own files are shorter. */
const MOST_LINES = 1000;

/**
 * The lines in which two texts differ, in order: `- ` is only in the first, `+ ` only in the second. Common
 * lines are left out.
 */
export function lineDifference(first: string, second: string): readonly string[] {
  const a = first.split('\n').slice(0, MOST_LINES);
  const b = second.split('\n').slice(0, MOST_LINES);
  const common = longestCommon(a, b);
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      lines.push(`- ${a[i] ?? ''}`);
      i += 1;
    } else {
      lines.push(`+ ${b[j] ?? ''}`);
      j += 1;
    }
  }
  return lines;
}

/** For each pair of tails, the number of lines that they have in common. */
function longestCommon(a: readonly string[], b: readonly string[]): readonly (readonly number[])[] {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = table[i] ?? [];
    const next = table[i + 1] ?? [];
    for (let j = b.length - 1; j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}
