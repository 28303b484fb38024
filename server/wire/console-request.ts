import type { ConsoleRequest } from './console.js';

/** The peer sent a note that is no `ConsoleRequest`. */
export class ConsoleRequestError extends Error {}

const MOST_CREDIT = 16 * 1024 * 1024;

/**
 * Parses a note frame's body. A window of size 0 is accepted: a peer without a
 * terminal does not know its size.
 *
 * @throws ConsoleRequestError
 */
export function parseConsoleRequest(body: Buffer): ConsoleRequest {
  const note = parsed(body);
  switch (note['note']) {
    case 'credit':
      return { note: 'credit', bytes: count(note['bytes'], MOST_CREDIT) };
    case 'resize': {
      const size = { cols: count(note['cols'], 65535), rows: count(note['rows'], 65535) };
      return { note: 'resize', ...size, ...(note['told'] === true ? { told: true } : {}) };
    }
    case 'takeover':
    case 'release':
    case 'repaint':
    case 'screen':
    case 'ping':
    case 'pong':
      return { note: note['note'] };
    default:
      throw new ConsoleRequestError('no such note');
  }
}

function parsed(body: Buffer): Record<string, unknown> {
  let note: unknown;
  try {
    note = JSON.parse(body.toString());
  } catch {
    throw new ConsoleRequestError('a note that is not JSON');
  }
  if (typeof note !== 'object' || note === null) throw new ConsoleRequestError('a note that is no object');
  return note as Record<string, unknown>;
}

function count(value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new ConsoleRequestError('a number out of its bounds');
}
