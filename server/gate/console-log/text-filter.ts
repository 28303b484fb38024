/** A control string that is longer than this ends here. Bytes. */
const LONGEST_STRING = 8 * 1024;

/**
 * A control string with a line feed in it goes no further than this. Without an end by then, it ends with its
 * line. Bytes.
 */
const LONGEST_ACROSS_LINES = 2 * 1024;

/**
 * A character set that was chosen longer ago is no longer in use: a guest that forgot to choose another must
 * not garble the rest. Bytes.
 */
const LONGEST_CHOICE = 4 * 1024;

/** How a byte is shown depends on no more than this before it, and this after it. Bytes. */
export const LOOK_BACK = LONGEST_STRING + LONGEST_CHOICE;
export const LOOK_AHEAD = LONGEST_STRING;

const LONGEST_SEQUENCE = 80;

const BEL = 0x07;
const LINE_FEED = 0x0a;
const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;
const CANCEL = 0x18;
const SUBSTITUTE = 0x1a;
const ESCAPE = 0x1b;
/** ST in its eight-bit form, as UTF-8. */
const C1_LEAD = 0xc2;
const C1_ST = 0x9c;

/**
 * The letters that begin a control string after ESC: DCS, SOS, OSC, PM, APC, and the title of screen(1).
 * (ECMA-48 §5.6)
 */
const STRINGS = new Set(Array.from('PX]^_k', (letter) => letter.charCodeAt(0)));
const OSC = 0x5d;
const CSI = 0x5b;

/**
 * Linux has two OSC sequences of its own that nothing ends: the palette's reset, and one colour of it.
 * (console_codes(4))
 */
const PALETTE = /^\x1b\](?:R|P[0-9a-fA-F]{7})/;
const PALETTE_BEGUN = /^\x1b\](?:P[0-9a-fA-F]{0,6})?$/;
const PALETTE_LENGTH = 10;

/** DEC's special graphics, from 0x5f on. */
const GRAPHICS = Array.from(' ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·', (drawn) => Buffer.from(drawn));
const FIRST_GRAPHIC = 0x5f;

type State = 'text' | 'escape' | 'designation' | 'sequence' | 'string';

/**
 * Takes what is left of a console's output.
 *
 * @param from the position of the first byte that they stand for
 * @param isDrawn whether they stand for that byte alone
 */
type Sink = (bytes: Uint8Array, from: number, isDrawn: boolean) => void;

/**
 * Leaves out the control strings of a console's output (titles, links, contexts, images), and draws lines
 * where letters stand for them; all else stays. Its state after a byte depends on the last `LOOK_BACK` bytes
 * alone, so that reading may begin anywhere.
 */
export class TextFilter {
  readonly #sink: Sink;
  #position: number;
  #state: State = 'text';
  /** The bytes of an unfinished control string. */
  #held: number[] = [];
  #length = 0;
  #lineEnd = -1;
  #designates = 0;
  #drawsG0 = false;
  #drawsG1 = false;
  #g0At = -Infinity;
  #g1At = -Infinity;
  #shiftedAt = -Infinity;
  #bang = false;

  /** @param position the position of the first byte */
  constructor(sink: Sink, position = 0) {
    this.#sink = sink;
    this.#position = position;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#state === 'text') at = this.#text(bytes, at);
      else this.#take(bytes[at++] ?? 0);
    }
  }

  /** Call it when there is no more. */
  end(): void {
    while (this.#state === 'string' && this.#lineEnd !== -1) this.#endString(this.#lineEnd);
    if (this.#state === 'escape') this.#pass(ESCAPE, this.#position - 1);
    this.#state = 'text';
    this.#held = [];
  }

  /** Passes on as much as needs no look, then looks at one byte. @returns where to go on */
  #text(bytes: Uint8Array, from: number): number {
    const latest = Math.max(this.#shiftedAt, this.#g0At, this.#g1At);
    if (this.#position - latest <= LONGEST_CHOICE) {
      this.#take(bytes[from] ?? 0);
      return from + 1;
    }
    let end = from;
    for (; end < bytes.length; end += 1) {
      const byte = bytes[end] ?? 0;
      if (byte === SHIFT_OUT || byte === SHIFT_IN) break;
      // Where no set is chosen, a sequence changes nothing and passes as text does.
      if (byte === ESCAPE && bytes[end + 1] !== CSI) break;
    }
    if (end > from) this.#sink(bytes.subarray(from, end), this.#position, false);
    this.#position += end - from;
    if (end < bytes.length) this.#take(bytes[end] ?? 0);
    return end + 1;
  }

  #take(byte: number): void {
    const at = this.#position++;
    switch (this.#state) {
      case 'text':
        this.#character(byte, at);
        return;
      case 'escape':
        this.#afterEscape(byte, at);
        return;
      case 'designation':
        this.#pass(byte, at);
        this.#state = byte >= 0x20 && byte < 0x30 ? 'designation' : 'text';
        if (byte >= 0x30 && byte < 0x7f) this.#designate(byte, at);
        return;
      case 'sequence':
        this.#inSequence(byte, at);
        return;
      case 'string':
        this.#held.push(byte);
        this.#inString(byte);
    }
  }

  #pass(byte: number, at: number): void {
    this.#sink(Buffer.of(byte), at, false);
  }

  #character(byte: number, at: number): void {
    if (byte === ESCAPE) {
      this.#state = 'escape';
      return;
    }
    if (byte === SHIFT_OUT) this.#shiftedAt = at;
    else if (byte === SHIFT_IN) this.#shiftedAt = -Infinity;
    else if (byte === LINE_FEED && at - this.#g1At > LONGEST_CHOICE) this.#shiftedAt = -Infinity;
    const drawn =
      byte >= FIRST_GRAPHIC && byte < 0x7f && this.#draws(at) ? GRAPHICS[byte - FIRST_GRAPHIC] : undefined;
    if (drawn === undefined) this.#pass(byte, at);
    else this.#sink(drawn, at, true);
  }

  /**
   * A G1 that nobody chose draws lines, as on Linux from the start; a shift to it then ends with the line.
   */
  #draws(at: number): boolean {
    const isShifted = at - this.#shiftedAt <= LONGEST_CHOICE;
    if (isShifted) return at - this.#g1At > LONGEST_CHOICE || this.#drawsG1;
    return at - this.#g0At <= LONGEST_CHOICE && this.#drawsG0;
  }

  #afterEscape(byte: number, at: number): void {
    if (byte === ESCAPE) {
      this.#pass(ESCAPE, at - 1);
      return;
    }
    if (STRINGS.has(byte)) {
      this.#state = 'string';
      this.#held = [ESCAPE, byte];
      this.#lineEnd = -1;
      return;
    }
    this.#state = 'text';
    this.#pass(ESCAPE, at - 1);
    if (byte === CSI) {
      this.#state = 'sequence';
      this.#length = 0;
      this.#bang = false;
    } else if (byte >= 0x20 && byte < 0x30) {
      this.#state = 'designation';
      this.#designates = byte;
    } else if (byte < 0x20 || byte >= 0x7f) {
      this.#character(byte, at);
      return;
    } else if (byte === 0x63) {
      this.#forget();
    }
    this.#pass(byte, at);
  }

  #designate(letter: number, at: number): void {
    const draws = letter === 0x30;
    if (this.#designates === 0x28) {
      this.#drawsG0 = draws;
      this.#g0At = draws ? at : -Infinity;
    } else if (this.#designates === 0x29) {
      this.#drawsG1 = draws;
      this.#g1At = at;
    }
  }

  #inSequence(byte: number, at: number): void {
    this.#length += 1;
    if (byte >= 0x20 && byte < 0x40 && this.#length < LONGEST_SEQUENCE) {
      this.#bang ||= byte === 0x21;
      this.#pass(byte, at);
      return;
    }
    this.#state = 'text';
    if (byte < 0x40 || byte >= 0x7f) {
      this.#character(byte, at);
      return;
    }
    if (byte === 0x70 && this.#bang) this.#forget();
    this.#pass(byte, at);
  }

  /** The terminal was reset. */
  #forget(): void {
    this.#g0At = -Infinity;
    this.#g1At = -Infinity;
    this.#shiftedAt = -Infinity;
  }

  #inString(byte: number): void {
    const held = this.#held;
    const before = held[held.length - 2];
    if (held[1] === OSC && held.length <= PALETTE_LENGTH && this.#isPalette()) return;
    if (byte === BEL && held[1] === OSC) this.#endString(held.length);
    else if (byte === CANCEL || byte === SUBSTITUTE)
      this.#endString(this.#lineEnd === -1 ? held.length : this.#lineEnd);
    else if (byte === C1_ST && before === C1_LEAD) this.#endString(held.length);
    else if (before === ESCAPE && held.length > 2) {
      if (byte === 0x5c) this.#endString(held.length);
      else this.#endString(this.#lineEnd === -1 ? held.length - 2 : this.#lineEnd);
    } else if (byte !== ESCAPE && this.#isTooLong()) {
      this.#endString(this.#lineEnd === -1 ? held.length - 1 : this.#lineEnd);
    } else if (byte === LINE_FEED && this.#lineEnd === -1) this.#lineEnd = held.length - 1;
  }

  #isTooLong(): boolean {
    const { length } = this.#held;
    return length > LONGEST_STRING || (this.#lineEnd !== -1 && length > LONGEST_ACROSS_LINES);
  }

  /** @returns whether it is one of Linux's own, or may become one */
  #isPalette(): boolean {
    const held = String.fromCharCode(...this.#held);
    if (PALETTE.test(held)) this.#endString(this.#held.length);
    else return PALETTE_BEGUN.test(held);
    return true;
  }

  /** Leaves out the first `length` held bytes, and looks at the rest anew. */
  #endString(length: number): void {
    const rest = this.#held.slice(length);
    this.#held = [];
    this.#state = 'text';
    this.#lineEnd = -1;
    this.#position -= rest.length;
    for (const byte of rest) this.#take(byte);
  }
}
