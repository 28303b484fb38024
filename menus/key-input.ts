import { KeyTokens } from './key-tokens.js';
import type { Token } from './key-tokens.js';
import type { MenuTerminal } from './port.js';

/** Keys taken in one turn, and the pause before the next: a flood waits, nobody else does. */
const KEYS_A_TURN = 256;
const PAUSE_MS = 5;
/** How long an ESC waits for the rest of its sequence. */
const ESCAPE_MS = 60;

/** Reads a terminal's keys at a limited rate. While many wait, the terminal is not read: the client is held up instead. */
export class KeyInput {
  readonly #terminal: MenuTerminal;
  readonly #take: (tokens: readonly Token[]) => void;
  #tokens = new KeyTokens();
  #queue: Token[] = [];
  #running = false;
  #stopListening: (() => void) | null = null;
  #pause: NodeJS.Timeout | null = null;
  #escape: NodeJS.Timeout | null = null;

  constructor(terminal: MenuTerminal, take: (tokens: readonly Token[]) => void) {
    this.#terminal = terminal;
    this.#take = take;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#listen();
  }

  /** Lets go of the input; what was not taken yet is forgotten: it was typed for somebody else. */
  stop(): void {
    this.#running = false;
    this.#stopListening?.();
    this.#stopListening = null;
    if (this.#pause !== null) clearTimeout(this.#pause);
    if (this.#escape !== null) clearTimeout(this.#escape);
    this.#pause = null;
    this.#escape = null;
    this.#queue = [];
    this.#tokens = new KeyTokens();
  }

  #listen(): void {
    this.#stopListening ??= this.#terminal.onInput((data) => {
      if (this.#escape !== null) clearTimeout(this.#escape);
      this.#escape = null;
      this.#queue.push(...this.#tokens.push(data));
      if (this.#tokens.waiting)
        this.#escape = setTimeout(() => {
          this.#escapeAlone();
        }, ESCAPE_MS);
      if (this.#pause === null) this.#turn();
    });
  }

  #escapeAlone(): void {
    this.#escape = null;
    this.#queue.push(...this.#tokens.flush());
    if (this.#pause === null) this.#turn();
  }

  #turn(): void {
    this.#pause = null;
    const turn = this.#queue.splice(0, KEYS_A_TURN);
    if (turn.length > 0) this.#take(turn);
    if (!this.#running) return;
    if (this.#queue.length === 0) {
      this.#listen();
      return;
    }
    this.#stopListening?.();
    this.#stopListening = null;
    this.#pause = setTimeout(() => {
      this.#turn();
    }, PAUSE_MS);
  }
}
