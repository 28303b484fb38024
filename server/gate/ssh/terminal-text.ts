const STEERING = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Text of the admin's for the customer's terminal: lines end in CR LF, and no character may steer the terminal or
 * turn the line around (C0, DEL, C1, bidirectional marks).
 *
 * @returns the empty text for null and for blank text
 */
export function terminalText(text: string | null): string {
  if (text === null || text.trim() === '') return '';
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n');
  return lines.map((line) => `${line.replace(STEERING, '')}\r\n`).join('');
}
