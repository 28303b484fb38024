import { dropUnprintable } from '../../../policy/printable.js';

/**
 * The admin's text for the customer's terminal. Lines end in CR LF, and tabs stay. Every other character that
 * does not print is dropped.
 *
 * @returns the empty text for null and for blank text
 */
export function terminalText(text: string | null): string {
  if (text === null || text.trim() === '') return '';
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n');
  return lines.map((line) => `${line.split('\t').map(dropUnprintable).join('\t')}\r\n`).join('');
}
