/** A longer sequence is a string: we keep only its kind, because just its end matters. Bytes. */
const LONGEST = 4 * 1024;

const ESCAPE = 0x1b;

/**
 * The first byte of an eight-bit control in UTF-8, and the second bytes that begin a sequence: DCS, SOS, CSI,
 * OSC, PM, APC. (ECMA-48 §5.3)
 */
const C1_LEAD = 0xc2;
const C1 = new Map([
  [0x90, 'P'],
  [0x98, 'X'],
  [0x9b, '['],
  [0x9d, ']'],
  [0x9e, '^'],
  [0x9f, '_'],
]);

/**
 * Begins a string that does nothing when it ends: an OSC with an unused number, an empty DCS, SOS, PM or APC.
 */
const EMPTY: Readonly<Record<string, string>> = {
  ']': '\x1b]99999;',
  P: '\x1bPz',
  X: '\x1bX',
  '^': '\x1b^',
  _: '\x1b_',
};

/**
 * The control sequence that a console's last bytes began but did not end. A terminal that is painted in its
 * middle must be given it, because the rest is still to come.
 */
export class PendingSequence {
  #bytes: Buffer = Buffer.alloc(0);
  #string: string | null = null;

  /**
   * @param bytes all output since the last call
   * @param isPending whether it ends within a sequence
   */
  came(bytes: Uint8Array, isPending: boolean): void {
    const begin = isPending ? beginOf(bytes) : -1;
    if (!isPending || begin !== -1) {
      this.#string = null;
      this.#bytes = Buffer.alloc(0);
    }
    if (!isPending) return;
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(Math.max(0, begin))]);
    if (this.#bytes.length <= LONGEST) return;
    this.#string ??= EMPTY[kindOf(this.#bytes)] ?? '';
    this.#bytes = Buffer.alloc(0);
  }

  /** The bytes to give to a terminal. */
  get bytes(): Buffer {
    if (this.#string !== null) return Buffer.from(this.#string, 'latin1');
    if (EMPTY[kindOf(this.#bytes)] !== undefined) return this.#bytes;
    // A control character within a sequence acts at once, and has done so already.
    return Buffer.from(this.#bytes.filter((byte, at) => at === 0 || byte >= 0x20));
  }
}

/** Where the last sequence begins; -1 without one. */
function beginOf(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    if (bytes[at] === ESCAPE) return at;
    if (bytes[at] === C1_LEAD && C1.has(bytes[at + 1] ?? 0)) return at;
  }
  return -1;
}

function kindOf(bytes: Uint8Array): string {
  return bytes[0] === ESCAPE ? String.fromCharCode(bytes[1] ?? 0) : (C1.get(bytes[1] ?? 0) ?? '');
}
