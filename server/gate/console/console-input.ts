import type { Terminal, Unsubscribe } from '../session/terminal.js';

/** With more than this not yet taken by dom0, the customer's next keys wait. Bytes. */
const MOST_BACKLOG = 256 * 1024;

/** Reads what is typed, as fast as dom0 takes it. The rest waits at the client. */
export class ConsoleInput {
  readonly #terminal: Pick<Terminal, 'onInput'>;
  readonly #backlog: () => number;
  readonly #typed: (data: Buffer) => void;
  #stop: Unsubscribe | null = null;
  #over = false;

  /** @param backlog how much dom0 has not taken yet, in bytes */
  constructor(terminal: Pick<Terminal, 'onInput'>, backlog: () => number, typed: (data: Buffer) => void) {
    this.#terminal = terminal;
    this.#backlog = backlog;
    this.#typed = typed;
  }

  /** Begins, or goes on when dom0 has taken what was on its way. */
  read(): void {
    if (this.#stop !== null || this.#over) return;
    this.#stop = this.#terminal.onInput((data) => {
      this.#typed(data);
      if (this.#backlog() > MOST_BACKLOG) this.#pause();
    });
  }

  /** Reads no more; twice is harmless. */
  dispose(): void {
    this.#over = true;
    this.#pause();
  }

  #pause(): void {
    this.#stop?.();
    this.#stop = null;
  }
}
