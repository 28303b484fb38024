const NONE = Buffer.alloc(0);
const LEAST_ROOM = 64;

/**
 * The bytes of a stream that wait for more. Room for them doubles when it is full, so a byte is copied a few times at
 * most, in however many pieces it comes.
 */
export class HeldBytes {
  #room: Buffer = NONE;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds a copy. */
  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    const length = this.#length + piece.length;
    if (length > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(LEAST_ROOM, length, 2 * this.#room.length));
      room.set(this.#room.subarray(0, this.#length));
      this.#room = room;
    }
    this.#room.set(piece, this.#length);
    this.#length = length;
  }

  /** @returns what is held, with the piece behind it: the piece itself where nothing is held. Nothing is held then */
  takeWith(piece: Buffer): Buffer {
    if (this.#length === 0) return piece;
    this.add(piece);
    const all = this.#room.subarray(0, this.#length);
    this.#room = NONE;
    this.#length = 0;
    return all;
  }
}
