import type { Terminal } from '../session/terminal.js';
import type { Participants } from './participants.js';
import type { ConsoleWords } from './console-words.js';

interface HintParts {
  readonly participants: Participants;
  readonly words: Pick<ConsoleWords, 'sizeHint'>;
  readonly terminal: Pick<Terminal, 'hasPty' | 'columns' | 'rows'>;
}

/** Says once to who has the keyboard that the server draws for a window of another size than theirs, and how to tell it. */
export class SizeHint {
  readonly #parts: HintParts;
  #guest: { readonly cols: number; readonly rows: number } | null = null;
  #isSaid = false;

  constructor(parts: HintParts) {
    this.#parts = parts;
  }

  /** What the guest takes its terminal for. */
  heard(cols: number, rows: number): void {
    this.#guest = { cols, rows };
  }

  /** The guest is told. */
  told(): void {
    this.#isSaid = true;
  }

  /** @returns what is to be said now; null when that is nothing. What is returned counts as said */
  sentence(): string | null {
    const { participants, words, terminal } = this.#parts;
    const { columns, rows, hasPty } = terminal;
    if (this.#isSaid || this.#guest === null || !participants.isWriter || !hasPty) return null;
    if (this.#guest.cols === columns && this.#guest.rows === rows) return null;
    this.#isSaid = true;
    return words.sizeHint(`${this.#guest.cols}x${this.#guest.rows}`, `${columns}x${rows}`);
  }
}
