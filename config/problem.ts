import type { Place } from '../policy/policy.js';
import { replaceUnprintable } from '../policy/printable.js';

/** Something wrong with a file, for the admin who wrote it. */
export interface Problem {
  /** Line 1, column 1 when it is about the whole file. */
  readonly place: Place;
  /** A sentence. */
  readonly message: string;
  /** What would be right: `one of allow, deny`. */
  readonly expected: string | null;
  /** What was probably meant, ready to be typed. */
  readonly suggestion: string | null;
  /** The line it is in; null when it is about the whole file. */
  readonly lineText: string | null;
}

/** A problem of a file that could not be read, or of all of it. */
export function fileProblem(file: string, message: string, expected: string | null = null): Problem {
  return { place: { file, line: 1, column: 1 }, message, expected, suggestion: null, lineText: null };
}

/** How much of a long line is shown around its column. */
const SHOWN_LINE = 100;

/**
 * Problems as compilers print them: `file:line:column: sentence`, the line, a caret, and what to write instead. Ends with a
 * newline; empty for no problems.
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

/** A file may hold anything; an admin's terminal gets only what prints. One character stays one character. */
function visible(text: string): string {
  return replaceUnprintable(text, '\uFFFD');
}
