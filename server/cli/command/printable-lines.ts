import { printable } from '../../../policy/printable.js';

/** Text of several lines for an admin's terminal: whatever names of files and the like hold is made visible. */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line, 1000))
    .join('\n');
}
