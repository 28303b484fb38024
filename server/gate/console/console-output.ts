import type { Terminal, Unsubscribe } from '../session/terminal.js';

/**
 * Credit is given back in pieces of at least this, so that not every keystroke's echo costs a frame. Bytes.
 */
const PIECE = 32 * 1024;

/**
 * The guest's bytes on their way to the customer. dom0 gets credit back only for what the terminal has taken.
 * So dom0 skips for a slow terminal, and nothing is kept here.
 */
export class ConsoleOutput {
  readonly #terminal: Pick<Terminal, 'write' | 'onDrain'>;
  readonly #give: (bytes: number) => void;
  readonly #unsubscribe: Unsubscribe;
  #owed = 0;
  #waiting = false;

  constructor(terminal: Pick<Terminal, 'write' | 'onDrain'>, give: (bytes: number) => void) {
    this.#terminal = terminal;
    this.#give = give;
    this.#unsubscribe = terminal.onDrain(() => {
      if (!this.#waiting) return;
      this.#waiting = false;
      this.#settle();
    });
  }

  write(data: Buffer): void {
    this.#owed += data.length;
    if (!this.#terminal.write(data)) this.#waiting = true;
    else if (!this.#waiting && this.#owed >= PIECE) this.#settle();
  }

  /** Call it for a new stream: it begins with its own credit, and is owed nothing for the stream before. */
  forget(): void {
    this.#owed = 0;
  }

  dispose(): void {
    this.#unsubscribe();
  }

  #settle(): void {
    const bytes = this.#owed;
    this.#owed = 0;
    if (bytes > 0) this.#give(bytes);
  }
}
