import type { Ssh2Protocol } from './ssh2-private.js';

const CHANNEL_REQUEST = 98;
const TYPE_AT = 5;
const PTY_REQUEST = Buffer.from('\0\0\0\x07pty-req', 'latin1');
/** Columns, rows, and both in pixels. */
const SIZE_BYTES = 16;
/** TTY_OP_END alone (RFC 4254 §8). */
const NO_MODES = Buffer.from([0, 0, 0, 1, 0]);

/**
 * Takes the terminal modes out of `pty-req` before ssh2 reads them. Nothing here uses them. ssh2 1.17 ends
 * the connection when the list is empty or lacks its end byte, although all else is right.
 */
export function leaveOutTerminalModes(protocol: Ssh2Protocol): void {
  const onPayload = protocol._onPayload;
  protocol._onPayload = (payload) => {
    onPayload(withoutModes(payload));
  };
}

/** @returns the payload as it is when it is no `pty-req`, or when it is cut short, which ssh2 refuses */
function withoutModes(payload: Buffer): Buffer {
  if (payload[0] !== CHANNEL_REQUEST) return payload;
  const afterType = TYPE_AT + PTY_REQUEST.length;
  if (!PTY_REQUEST.equals(payload.subarray(TYPE_AT, afterType))) return payload;
  const termAt = afterType + 1;
  const termEnd = stringEnd(payload, termAt);
  const modesAt = termEnd === null ? null : termEnd + SIZE_BYTES;
  if (modesAt === null || stringEnd(payload, modesAt) !== payload.length) return payload;
  return Buffer.concat([payload.subarray(0, modesAt), NO_MODES]);
}

/** Where the string that begins at `at` ends (RFC 4251 §5); null when that is beyond the payload. */
function stringEnd(payload: Buffer, at: number): number | null {
  if (payload.length < at + 4) return null;
  const end = at + 4 + payload.readUInt32BE(at);
  return end > payload.length ? null : end;
}
