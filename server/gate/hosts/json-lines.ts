/** The other end sent something that is not JSON lines, or a line beyond the bound. */
class JsonLinesError extends Error {}

/** Splits a stream of chunks, cut anywhere, into JSON values, one a line. Holds at most one line. */
export class JsonLines {
  readonly #limit: number;
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** @param limit the most bytes of a line */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws JsonLinesError */
  push(chunk: Buffer): unknown[] {
    const values: unknown[] = [];
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, from);
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end);
      this.#heldBytes += piece.length;
      if (this.#heldBytes > this.#limit) throw new JsonLinesError(`a line of over ${this.#limit} bytes`);
      this.#held.push(piece);
      if (end === -1) return values;
      const line = Buffer.concat(this.#held).toString('utf8').trim();
      this.#held = [];
      this.#heldBytes = 0;
      from = end + 1;
      if (line === '') continue;
      try {
        values.push(JSON.parse(line));
      } catch {
        throw new JsonLinesError('a line that is not JSON');
      }
    }
  }
}
