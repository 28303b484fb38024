import type { Place } from '../policy/policy.js';
import { replaceUnprintable } from '../policy/printable.js';

/** A problem of a file, for the admin who wrote it. */
export interface Problem {
  /** Line 1, column 1 when it concerns the whole file. */
  readonly place: Place;
  /** A sentence. */
  readonly message: string;
  /** The right values: `one of allow, deny`. */
  readonly expected: string | null;
  /** The probably intended text, ready to type. */
  readonly suggestion: string | null;
  /** The line of the problem; null when it concerns the whole file. */
  readonly lineText: string | null;
}

/** A problem of a whole file, or of one that could not be read. */
export function fileProblem(file: string, message: string, expected: string | null = null): Problem {
  return { place: { file, line: 1, column: 1 }, message, expected, suggestion: null, lineText: null };
}

/** Characters of a long line that are shown around its column. */
const SHOWN_LINE = 100;

/**
 * Problems as compilers print them: `file:line:column: sentence`, the line, a caret, and a suggestion. Ends
 * with a newline; empty without problems.
 */
export function problemText(problems: readonly Problem[], kind: 'error' | 'warning' = 'error'): string {
  return problems.map((problem) => `${entry(problem, kind).join('\n')}\n`).join('');
}

function entry({ place, message, expected, suggestion, lineText }: Problem, kind: string): readonly string[] {
  const where = lineText === null ? place.file : `${place.file}:${place.line}:${place.column}`;
  const lines = [visible(`${where}: ${kind === 'warning' ? 'warning: ' : ''}${message}`)];
  if (lineText !== null) lines.push(...excerpt(lineText, place.column));
  if (expected !== null) lines.push(visible(`    expected ${expected}`));
  if (suggestion !== null) lines.push(visible(`    did you mean \`${suggestion}\`?`));
  return lines;
}

function excerpt(lineText: string, column: number): readonly string[] {
  const start = Math.max(0, Math.min(column - 1 - SHOWN_LINE / 2, lineText.length - SHOWN_LINE));
  const cut = visible(lineText.slice(start, start + SHOWN_LINE).replaceAll('\t', ' '));
  const shown = `${start > 0 ? '…' : ''}${cut}${start + SHOWN_LINE < lineText.length ? '…' : ''}`;
  const indent = column - 1 - start + (start > 0 ? 1 : 0);
  return [`    ${shown}`, `    ${' '.repeat(indent)}^`];
}

/**
 * Makes control characters visible: a file may hold anything, and this goes to an admin's terminal. One
 * character stays one character.
 */
function visible(text: string): string {
  return replaceUnprintable(text, '\uFFFD');
}
