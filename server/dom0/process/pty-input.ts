/** At most this much input waits, so that a guest that reads nothing costs nothing. */
export const INPUT_LIMIT = 64 * 1024;

/** Bytes on their way into a pty: one bounded buffer, allocated only while something waits. */
export class PtyInput {
  #buffer: Buffer | null = null;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** @returns how many of the bytes found room, from the first */
  push(bytes: Buffer): number {
    const taken = Math.min(bytes.length, INPUT_LIMIT - this.length);
    if (taken === 0) return 0;
    const buffer = (this.#buffer ??= Buffer.allocUnsafe(INPUT_LIMIT));
    if (this.#end + taken > INPUT_LIMIT) {
      buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    bytes.copy(buffer, this.#end, 0, taken);
    this.#end += taken;
    return taken;
  }

  /** The waiting bytes, oldest first; empty when there are none. Valid until the next push or drop. */
  waiting(): Buffer {
    return this.#buffer === null ? Buffer.alloc(0) : this.#buffer.subarray(this.#start, this.#end);
  }

  /** Drops the first bytes: they were written, or never will be. */
  drop(bytes: number): void {
    this.#start += Math.min(bytes, this.length);
    if (this.#start < this.#end) return;
    this.#buffer = null;
    this.#start = this.#end = 0;
  }
}
