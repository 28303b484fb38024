/**
 * Reads the fields of RFC 4251 §5 one after the other. A field that is cut short reads as zero or empty, and
 * `isSound` is false from then on: ask it before using what was read.
 */
export class SshFields {
  readonly #bytes: Buffer;
  #at = 0;
  #sound = true;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether every field so far was there as a whole. */
  get isSound(): boolean {
    return this.#sound;
  }

  /** Whether nothing more follows; also once a field was cut short. */
  get isAtEnd(): boolean {
    return !this.#sound || this.#at === this.#bytes.length;
  }

  /** Whether all was read, and nothing was cut short. */
  get isComplete(): boolean {
    return this.#sound && this.#at === this.#bytes.length;
  }

  /** The number of bytes that were read. */
  get position(): number {
    return this.#at;
  }

  byte(): number {
    return this.#take(1)?.readUInt8() ?? 0;
  }

  uint32(): number {
    return this.#take(4)?.readUInt32BE() ?? 0;
  }

  uint64(): bigint {
    return this.#take(8)?.readBigUInt64BE() ?? 0n;
  }

  /** Shares memory with the bytes that are read. */
  string(): Buffer {
    return this.#take(this.uint32()) ?? Buffer.alloc(0);
  }

  /** The bytes between two positions. */
  between(from: number, to: number): Buffer {
    return this.#bytes.subarray(from, to);
  }

  #take(length: number): Buffer | null {
    const end = this.#at + length;
    if (!this.#sound || end > this.#bytes.length) {
      this.#sound = false;
      return null;
    }
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** All strings of a sequence; null when it is cut short or there are more than `most`. */
export function readStrings(bytes: Buffer, most = Infinity): readonly Buffer[] | null {
  const fields = new SshFields(bytes);
  const strings: Buffer[] = [];
  while (!fields.isAtEnd) {
    strings.push(fields.string());
    if (strings.length > most) return null;
  }
  return fields.isSound ? strings : null;
}

/** A string as it stands in a message: its length, and its bytes. */
export function sshString(bytes: string | Uint8Array): Buffer {
  const content = Buffer.from(bytes as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}
