import type { Terminal } from '../session/terminal.js';
import type { Participants } from './participants.js';
import type { ConsoleWords } from './console-words.js';

interface HintParts {
  readonly participants: Participants;
  readonly words: Pick<ConsoleWords, 'sizeHint'>;
  readonly terminal: Pick<Terminal, 'hasPty' | 'columns' | 'rows'>;
}

/**
 * Tells the customer with the keyboard once that the server draws for a window of another size, and how to
 * change that.
 */
export class SizeHint {
  readonly #parts: HintParts;
  #guest: { readonly cols: number; readonly rows: number } | null = null;
  #isSaid = false;

  constructor(parts: HintParts) {
    this.#parts = parts;
  }

  /** Call it with the size that the guest takes its terminal for. */
  heard(cols: number, rows: number): void {
    this.#guest = { cols, rows };
  }

  /** Call it when the guest is told the size: the hint is not needed any more. */
  told(): void {
    this.#isSaid = true;
  }

  /** @returns the hint to say now, which then counts as said; null for none */
  sentence(): string | null {
    const { participants, words, terminal } = this.#parts;
    const { columns, rows, hasPty } = terminal;
    if (this.#isSaid || this.#guest === null || !participants.isWriter || !hasPty) return null;
    if (this.#guest.cols === columns && this.#guest.rows === rows) return null;
    this.#isSaid = true;
    return words.sizeHint(`${this.#guest.cols}x${this.#guest.rows}`, `${columns}x${rows}`);
  }
}
