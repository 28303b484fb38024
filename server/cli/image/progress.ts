import { bytesWord } from '../../../menus/operation-words.js';

/** Milliseconds between two lines: at a terminal, where each overwrites the one before, and elsewhere. */
const PACE = { terminal: 500, other: 10_000 } as const;

/** Tells on standard error how far something large is. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY;
  #last = 0;
  #isLineOpen = false;

  /** Writes a line. */
  say(line: string): void {
    this.end();
    process.stderr.write(`${line}\n`);
  }

  /** @param total null: nobody knows */
  bytes(what: string, done: number, total: number | null): void {
    const now = performance.now();
    if (now - this.#last < (this.#isTerminal ? PACE.terminal : PACE.other)) return;
    this.#last = now;
    const text = `${what}: ${bytesWord(done)}${total === null ? '' : ` of ${bytesWord(total)}`}`;
    process.stderr.write(this.#isTerminal ? `\r${text}\u001b[K` : `${text}\n`);
    this.#isLineOpen = this.#isTerminal;
  }

  /** Ends a line that is not ended. */
  end(): void {
    if (this.#isLineOpen) process.stderr.write('\n');
    this.#isLineOpen = false;
  }
}
