import { FRAME_BYTES, FRAME_HEADER_BYTES, FRAME_LIMIT, FRAME_NOTE } from './console.js';
import { HeldBytes } from './held-bytes.js';

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
  frameHeader(out, kind, body.length);
  out.set(body, FRAME_HEADER_BYTES);
  return out;
}

/** Writes the header of a frame, for a body of so many bytes. */
export function frameHeader(out: Buffer, kind: number, length: number): void {
  out[0] = kind;
  out.writeUInt32BE(length, 1);
}

/**
 * Splits a stream of chunks, cut anywhere, into frames. Holds at most one frame. A byte is copied a few times at most,
 * in however many chunks its frame comes.
 */
export class FrameReader {
  readonly #joins: boolean;
  readonly #held = new HeldBytes();
  /** How many bytes from the held ones on must be there before there is something to do. */
  #needed = 1;
  /** Bytes to come of the body that was passed on in part. */
  #left = 0;

  /**
   * @param joins passes on console bytes as they come: a body in parts, those of neighbours together. It moves
   *   bytes within the chunk for that.
   */
  constructor({ joins = false }: { readonly joins?: boolean } = {}) {
    this.#joins = joins;
  }

  /**
   * @returns the frames completed by this chunk; bodies may share memory with it
   * @throws FrameError for an unknown kind or a body over FRAME_LIMIT
   */
  push(chunk: Buffer): Frame[] {
    if (this.#held.length + chunk.length < this.#needed) {
      this.#held.add(chunk);
      return [];
    }
    const all = this.#held.takeWith(chunk);
    const frames: Frame[] = [];
    let at = 0;
    /** Where the last frame's bytes are, while more may be joined to them. */
    let open: [from: number, to: number] | null = null;
    const close = (): void => {
      if (open !== null) frames.push({ kind: FRAME_BYTES, body: all.subarray(...open) });
      open = null;
    };
    const join = (to: number): void => {
      if (open === null) open = [at, to];
      else {
        all.copyWithin(open[1], at, to);
        open[1] += to - at;
      }
      at = to;
    };
    for (;;) {
      const part = Math.min(this.#left, all.length - at);
      if (part > 0) join(at + part);
      this.#left -= part;
      this.#needed = this.#left > 0 ? 1 : FRAME_HEADER_BYTES;
      if (this.#left > 0 || all.length - at < FRAME_HEADER_BYTES) break;
      const kind = all[at];
      const length = all.readUInt32BE(at + 1);
      if (kind !== FRAME_BYTES && kind !== FRAME_NOTE)
        throw new FrameError(`unknown frame kind ${kind ?? 'none'}`);
      if (length > FRAME_LIMIT) throw new FrameError(`a frame of ${length} bytes is over ${FRAME_LIMIT}`);
      const end = at + FRAME_HEADER_BYTES + length;
      if (kind === FRAME_BYTES && this.#joins) {
        at += FRAME_HEADER_BYTES;
        this.#left = length;
        continue;
      }
      this.#needed = end - at;
      if (all.length < end) break;
      close();
      frames.push({ kind, body: all.subarray(at + FRAME_HEADER_BYTES, end) });
      at = end;
    }
    close();
    this.#held.add(all.subarray(at));
    return frames;
  }
}
