import xterm from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import type { ScreenText } from '../../wire/console.js';
import type { ScreenLines } from '../../wire/screen.js';
import { internalsOf } from './emulator-internals.js';
import { PendingSequence } from './pending-sequence.js';
import { paint } from './screen-painter.js';
import { MAX_SIZE } from './screen-job.js';
import type { ScreenQuestion, ScreenSize } from './screen-job.js';
import { screenLines, screenText } from './screen-text.js';

/** Sequences whose cost grows with their count, which a guest may set to 2147483647. */
const COUNTED = [
  ...['@', 'I', 'L', 'M', 'P', 'S', 'T', 'X', 'Z', 'b'].map((final) => ({ final })),
  { intermediates: ' ', final: '@' },
  { intermediates: ' ', final: 'A' },
  { intermediates: "'", final: '}' },
  { intermediates: "'", final: '~' },
];

/** A hyperlink costs memory as long as its row stays, and we paint none of it. */
const OSC_HYPERLINK = 8;

/** Dark on light (DECSCNM), which the emulator does not remember. */
const REVERSED = 5;

/** One console's screen. It answers no query: queries are for the customer's terminal. */
export class ScreenEmulator {
  readonly size: ScreenSize;
  readonly #terminal: Terminal;
  readonly #pending = new PendingSequence();
  /** The beginning of a character: the emulator misreads some characters that come in two pieces. */
  #held: Uint8Array = Buffer.alloc(0);
  #reversed = false;

  constructor(size: ScreenSize) {
    this.size = size;
    this.#terminal = new xterm.Terminal({ ...size, scrollback: 0, allowProposedApi: true, logLevel: 'off' });
    const { _parser } = internalsOf(this.#terminal)._inputHandler;
    for (const id of COUNTED) {
      // No screen is larger, so a larger count has the same effect.
      _parser.registerCsiHandler(id, ({ params }) => {
        params[0] = Math.min(params[0] ?? 0, MAX_SIZE.cols);
        return false;
      });
    }
    const { parser } = this.#terminal;
    parser.registerOscHandler(OSC_HYPERLINK, () => true);
    for (const final of ['h', 'l'])
      parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
        if (modes.includes(REVERSED)) this.#reversed = final === 'h';
        return false;
      });
    parser.registerEscHandler({ final: 'c' }, () => {
      this.#reversed = false;
      return false;
    });
  }

  /** Resolves when the bytes have taken effect. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      const held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
      const end = endOfCharacters(held);
      const whole = held.subarray(0, end);
      this.#held = Buffer.from(held.subarray(end));
      this.#terminal.write(whole, () => {
        this.#pending.came(whole, internalsOf(this.#terminal)._inputHandler._parser.currentState !== 0);
        resolve();
      });
    });
  }

  answer(question: ScreenQuestion): Buffer | ScreenText | ScreenLines {
    switch (question.ask) {
      case 'text':
        return screenText(this.#terminal);
      case 'lines':
        return screenLines(this.#terminal);
      case 'picture':
        return this.picture(question.view ?? this.size);
    }
  }

  /**
   * @param size of the terminal to paint; with another size than the emulator's the picture
   *   is the nearest possible
   */
  picture(size: ScreenSize = this.size): Buffer {
    // The sizes may differ even for one window: an emulator is never as narrow as a window may be.
    const own = size.cols === this.size.cols && size.rows === this.size.rows;
    const painted = paint(this.#terminal, { reversed: this.#reversed }, own ? this.#terminal : size);
    return Buffer.concat([Buffer.from(painted), this.#pending.bytes, this.#held]);
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}

/** Where the last whole character ends: the bytes after it begin another one. (UTF-8, RFC 3629) */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0)
      return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
