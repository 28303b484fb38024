import { FRAME_BYTES, FRAME_HEADER_BYTES } from '../../wire/console.js';
import { FrameError, frameHeader } from '../../wire/frames.js';

/** The frame around the output of consoles: memory that is used again and again. */
export class OutputFrame {
  readonly #limit: number;
  #memory: Buffer;

  /** @param limit of a frame's body, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
    this.#memory = this.#allocate();
  }

  /** @returns a frame that is valid until the next call. @throws FrameError when the bytes are too many */
  around(bytes: Buffer): Buffer {
    if (bytes.length > this.#limit) throw new FrameError(`${bytes.length} bytes are over ${this.#limit}`);
    frameHeader(this.#memory, FRAME_BYTES, bytes.length);
    bytes.copy(this.#memory, FRAME_HEADER_BYTES);
    return this.#memory.subarray(0, FRAME_HEADER_BYTES + bytes.length);
  }

  /** Somebody still needs the last frame: the next one has memory of its own. */
  giveAway(): void {
    this.#memory = this.#allocate();
  }

  #allocate(): Buffer {
    return Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + this.#limit);
  }
}
