/** A login name for logs and the audit: ASCII, at most 64 characters. */
export function printableLogin(login: string): string {
  return login.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
}

/** What a client or a library said, for a log line: ASCII, at most 200 characters. */
export function printableReason(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
}

/**
 * Text of the admin's for the customer's terminal: lines end in CR LF, and no character may steer the terminal or
 * turn the line around (C0, DEL, C1, bidirectional marks).
 */
export function terminalText(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n');
  return lines.map((line) => `${line.replace(STEERING, '')}\r\n`).join('');
}

const STEERING = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
