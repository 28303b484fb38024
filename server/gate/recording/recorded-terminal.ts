import type { Terminal, Unsubscribe } from '../session/terminal.js';

/** Hears what is shown and typed. */
interface TerminalTap {
  shown(data: Uint8Array): void;
  typed(data: Uint8Array): void;
}

/**
 * A terminal with a tap on what is shown and typed. Without a pty, text on stderr is not part of what is
 * shown.
 */
export class RecordedTerminal implements Terminal {
  readonly hasPty: boolean;
  readonly term: string;
  readonly utf8: boolean | null;
  readonly #terminal: Terminal;
  readonly #tap: TerminalTap;

  constructor(terminal: Terminal, tap: TerminalTap) {
    this.hasPty = terminal.hasPty;
    this.term = terminal.term;
    this.utf8 = terminal.utf8;
    this.#terminal = terminal;
    this.#tap = tap;
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  get isOpen(): boolean {
    return this.#terminal.isOpen;
  }

  get pendingBytes(): number {
    return this.#terminal.pendingBytes;
  }

  write(data: string | Uint8Array): boolean {
    if (this.#terminal.isOpen) this.#tap.shown(typeof data === 'string' ? Buffer.from(data) : data);
    return this.#terminal.write(data);
  }

  writeError(text: string): void {
    if (this.hasPty && this.#terminal.isOpen) this.#tap.shown(Buffer.from(text));
    this.#terminal.writeError(text);
  }

  onDrain(listener: () => void): Unsubscribe {
    return this.#terminal.onDrain(listener);
  }

  onInput(listener: (data: Buffer) => void): Unsubscribe {
    return this.#terminal.onInput((data) => {
      this.#tap.typed(data);
      listener(data);
    });
  }

  onEnd(listener: () => void): Unsubscribe {
    return this.#terminal.onEnd(listener);
  }

  onResize(listener: (columns: number, rows: number) => void): Unsubscribe {
    return this.#terminal.onResize(listener);
  }

  onBreak(listener: (milliseconds: number) => void): Unsubscribe {
    return this.#terminal.onBreak(listener);
  }

  onClose(listener: () => void): Unsubscribe {
    return this.#terminal.onClose(listener);
  }

  exit(status: number): void {
    this.#terminal.exit(status);
  }
}
