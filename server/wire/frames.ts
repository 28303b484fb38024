import { FRAME_BYTES, FRAME_HEADER_BYTES, FRAME_LIMIT, FRAME_NOTE } from './console.js';

/** One frame of the console stream, split from the bytes around it. */
export type Frame =
  | { readonly kind: typeof FRAME_BYTES; readonly body: Buffer }
  | { readonly kind: typeof FRAME_NOTE; readonly body: Buffer };

/** The peer broke the framing; the connection must be ended. */
export class FrameError extends Error {}

/** @returns one frame of console bytes. The caller must cut bodies over FRAME_LIMIT. */
export function bytesFrame(body: Uint8Array): Buffer {
  return frame(FRAME_BYTES, body);
}

/** @returns one frame with a JSON note. @throws FrameError for a note over FRAME_LIMIT */
export function noteFrame(note: object): Buffer {
  return frame(FRAME_NOTE, Buffer.from(JSON.stringify(note)));
}

function frame(kind: number, body: Uint8Array): Buffer {
  if (body.length > FRAME_LIMIT)
    throw new FrameError(`a frame of ${body.length} bytes is over ${FRAME_LIMIT}`);
  const out = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  out[0] = kind;
  out.writeUInt32BE(body.length, 1);
  out.set(body, FRAME_HEADER_BYTES);
  return out;
}

/** Splits a stream of chunks, cut anywhere, into frames. Holds at most one frame. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /**
   * @returns the frames completed by this chunk; bodies may share memory with it
   * @throws FrameError for an unknown kind or a body over FRAME_LIMIT
   */
  push(chunk: Buffer): Frame[] {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const frames: Frame[] = [];
    while (rest.length >= FRAME_HEADER_BYTES) {
      const kind = rest[0];
      const length = rest.readUInt32BE(1);
      if (kind !== FRAME_BYTES && kind !== FRAME_NOTE)
        throw new FrameError(`unknown frame kind ${kind ?? 'none'}`);
      if (length > FRAME_LIMIT) throw new FrameError(`a frame of ${length} bytes is over ${FRAME_LIMIT}`);
      const end = FRAME_HEADER_BYTES + length;
      if (rest.length < end) break;
      frames.push({ kind, body: rest.subarray(FRAME_HEADER_BYTES, end) });
      rest = rest.subarray(end);
    }
    this.#held = rest.length === 0 ? Buffer.alloc(0) : Buffer.from(rest);
    return frames;
  }
}
