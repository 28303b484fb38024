import { Socket } from 'node:net';

/** What one read takes at most. Bytes. */
const READ_BYTES = 64 * 1024;

/** All are read into this: each listener is done with the bytes before the next read. */
const buffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Node.js's names for the parts of a socket that was made with `onread`. */
type Part = 'kBuffer' | 'kBufferCb';

interface Inside {
  [part: symbol]: unknown;
  readonly _handle?: { readonly useUserBuffer?: unknown } | null;
}

/**
 * Reads a socket or a pty into one buffer for all, as `onread` does for a `net.Socket` from its making on. A stream
 * allocates 64 KiB for each read, which a flood leaves to the collector. It also reads ahead while it is paused, and
 * this does not. Call it before anything is read from the socket, and `resume` after it.
 *
 * @param take gets the bytes of each read; it may change them, and they are valid until it returns
 * @returns false when this Node.js has no such parts: listen to `data` instead
 */
export function readShared(socket: Socket, take: (bytes: Buffer) => void): boolean {
  const inside = socket as unknown as Inside;
  const handle = inside._handle;
  const known = parts();
  if (known === null || typeof handle?.useUserBuffer !== 'function') return false;
  inside[known.kBuffer] = buffer;
  inside[known.kBufferCb] = (length: number): void => {
    take(buffer.subarray(0, length));
  };
  (handle as { useUserBuffer(into: Buffer): void }).useUserBuffer(buffer);
  return true;
}

let found: Readonly<Record<Part, symbol>> | null | undefined;

/** The symbols are Node.js's own, so a socket must show them. */
function parts(): Readonly<Record<Part, symbol>> | null {
  if (found !== undefined) return found;
  const into = Buffer.alloc(1);
  const taken = (): boolean => true;
  const made = new Socket({ onread: { buffer: into, callback: taken } });
  const holding = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(made).find((each) => (made as unknown as Inside)[each] === value);
  const [kBuffer, kBufferCb] = [holding(into), holding(taken)];
  found = kBuffer === undefined || kBufferCb === undefined ? null : { kBuffer, kBufferCb };
  return found;
}
