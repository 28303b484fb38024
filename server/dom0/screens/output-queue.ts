/** Bytes in order, put in at once and taken out in pieces. */
export class OutputQueue {
  #chunks: Buffer[] = [];
  #offset = 0;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  replace(chunks: readonly Buffer[]): void {
    this.#chunks = chunks.filter((chunk) => chunk.length > 0);
    this.#offset = 0;
  }

  /** @returns at least one byte and at most `most`; empty only when nothing is left */
  take(most: number): Buffer {
    const [head] = this.#chunks;
    if (head === undefined) return Buffer.alloc(0);
    const piece = head.subarray(this.#offset, this.#offset + most);
    this.#offset += piece.length;
    if (this.#offset === head.length) {
      this.#chunks.shift();
      this.#offset = 0;
    }
    return piece;
  }
}
