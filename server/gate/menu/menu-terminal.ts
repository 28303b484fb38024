import type { MenuTerminal } from '../../../menus/port.js';
import type { Terminal, Unsubscribe } from '../session/terminal.js';

/** A session's terminal, as a menu needs it. */
export class SessionMenuTerminal implements MenuTerminal {
  readonly #terminal: Terminal;
  readonly #typed: () => void;
  #listener: ((data: Buffer) => void) | null = null;

  /** @param typed is called at every input */
  constructor(terminal: Terminal, typed: () => void) {
    this.#terminal = terminal;
    this.#typed = typed;
  }

  get term(): string {
    return this.#terminal.term;
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  write(data: string | Uint8Array): void {
    this.#terminal.write(data);
  }

  onInput(listener: (data: Buffer) => void): Unsubscribe {
    const stop = this.#terminal.onInput((data) => {
      this.#typed();
      listener(data);
    });
    this.#listener = listener;
    return () => {
      stop();
      if (this.#listener === listener) this.#listener = null;
    };
  }

  onResize(listener: (columns: number, rows: number) => void): Unsubscribe {
    return this.#terminal.onResize(listener);
  }

  inTurn(work: () => void): void {
    if (this.#terminal.inTurn === undefined) work();
    else this.#terminal.inTurn(work);
  }

  onEnd(listener: () => void): Unsubscribe {
    return this.#terminal.onEnd(listener);
  }

  /**
   * Gives the menu what was typed after the keys that left a console, before anything that is typed later.
   */
  typedAhead(data: Buffer): void {
    if (data.length > 0) this.#listener?.(data);
  }
}
