import { printable } from '../../../policy/printable.js';

/**
 * Makes a text of several lines safe for an admin's terminal: control characters, of file names for instance,
 * become visible.
 */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line, 1000))
    .join('\n');
}
