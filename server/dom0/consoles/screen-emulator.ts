import xterm from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import type { ScreenText } from '../../wire/console.js';
import { paint, paintView } from './screen-painter.js';
import { MAX_SIZE } from './screen-job.js';
import type { ScreenQuestion, ScreenSize } from './screen-job.js';
import { screenText } from './screen-text.js';

/** Sequences whose cost grows with their count, which a guest may put at 2147483647. */
const COUNTED = [
  ...['@', 'I', 'L', 'M', 'P', 'S', 'T', 'X', 'Z', 'b'].map((final) => ({ final })),
  { intermediates: ' ', final: '@' },
  { intermediates: ' ', final: 'A' },
  { intermediates: "'", final: '}' },
  { intermediates: "'", final: '~' },
];

/** A hyperlink costs memory for as long as its row stays; nothing of it is painted. */
const OSC_HYPERLINK = 8;

/** One console's screen. It answers nothing that it is asked: the questions are for the customer's terminal. */
export class ScreenEmulator {
  readonly #terminal: Terminal;

  constructor(size: ScreenSize) {
    this.#terminal = new xterm.Terminal({ ...size, scrollback: 0, allowProposedApi: true, logLevel: 'off' });
    for (const id of COUNTED) {
      this.#terminal.parser.registerCsiHandler(
        id,
        ([count]) => typeof count === 'number' && count > MAX_SIZE.cols,
      );
    }
    this.#terminal.parser.registerOscHandler(OSC_HYPERLINK, () => true);
  }

  /** Resolves when the bytes show. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#terminal.write(bytes, resolve);
    });
  }

  resize({ cols, rows }: ScreenSize): void {
    this.#terminal.resize(cols, rows);
  }

  answer(question: ScreenQuestion): Buffer | ScreenText {
    if (question.ask === 'text') return screenText(this.#terminal);
    return Buffer.from(
      question.view === null ? paint(this.#terminal) : paintView(this.#terminal, question.view),
    );
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}
