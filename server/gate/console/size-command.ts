import type { Terminal } from '../session/terminal.js';
import type { Participants } from './participants.js';
import type { ConsoleWords } from './console-words.js';
import type { ScreenQuery } from './screen-query.js';
import { guestPromptOf } from './guest-prompt.js';

interface Context {
  readonly participants: Participants;
  readonly words: ConsoleWords;
  readonly terminal: Pick<Terminal, 'columns' | 'rows'>;
  readonly screen: ScreenQuery;
}

/**
 * Tells a guest the size of the writer's window by typing stty(1) into its shell, because a console carries
 * no size. The customer sees the command first, and is asked twice where the screen does not end with an
 * empty shell prompt.
 */
export class SizeCommand {
  readonly #context: Context;
  #command = '';
  #told = { cols: 80, rows: 24 };
  /** Whether the screen was seen to wait for a command since `ask`. */
  #atShell = false;

  constructor(context: Context) {
    this.#context = context;
  }

  /** The size that the command tells the guest; from then on dom0 keeps the screen for it. */
  get told(): { readonly cols: number; readonly rows: number } {
    return this.#told;
  }

  /** @returns the question */
  ask(): string {
    const { participants, words, terminal, screen } = this.#context;
    this.#atShell = false;
    if (!participants.isWriter) return words.pressAnyKey(words.notYours());
    this.#told = { cols: terminal.columns, rows: terminal.rows };
    this.#command = `stty rows ${terminal.rows} cols ${terminal.columns}`;
    void screen.read().then((found) => {
      this.#atShell = found !== null && guestPromptOf(found) === 'shell';
    });
    return words.askSize(this.#command);
  }

  /** @returns the keys to type; null when the customer must be asked again */
  command(anyway: boolean): Buffer | null {
    return anyway || this.#atShell ? Buffer.from(`${this.#command}\r`) : null;
  }

  /** @returns the second question */
  doubt(): string {
    return this.#context.words.askSizeAnyway(this.#command);
  }
}
