import { shownRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Terminal } from '../session/terminal.js';
import { jsonEscapes, printable } from '../../../policy/printable.js';

/** The output of a command by exec: results go to stdout, everything else to stderr. Always printable. */
export class ExecOutput {
  readonly #terminal: Pick<Terminal, 'hasPty' | 'write' | 'writeError'>;
  readonly #end: string;

  constructor(terminal: Pick<Terminal, 'hasPty' | 'write' | 'writeError'>) {
    this.#terminal = terminal;
    this.#end = terminal.hasPty ? '\r\n' : '\n';
  }

  line(text: string): void {
    this.#terminal.write(`${printable(text, 2000)}${this.#end}`);
  }

  lines(text: readonly string[]): void {
    this.#terminal.write(text.map((line) => `${printable(line, 2000)}${this.#end}`).join(''));
  }

  /**
   * Writes text of any length, with line feeds where its lines end. @returns false when a source with more
   * should wait
   */
  piece(text: string): boolean {
    const lines = text.split('\n').map((line) => printable(line, Infinity));
    return this.#terminal.write(lines.join(this.#end));
  }

  /** Writes a part of a JSON value. @param cut takes the part out of the whole @returns as `piece` */
  jsonPiece(value: unknown, cut: (json: string) => string): boolean {
    return this.#terminal.write(cut(asciiJson(value)));
  }

  json(value: unknown): void {
    this.#terminal.write(`${asciiJson(value)}${this.#end}`);
  }

  /** Writes a line to stderr. */
  say(text: string): void {
    this.#terminal.writeError(`${printable(text, 1000)}${this.#end}`);
  }

  /** Writes a prompt to stderr, without an end of line. */
  ask(text: string): void {
    this.#terminal.writeError(text);
  }

  refuse(no: Refusal, json: boolean): void {
    const { code, message, reference } = no;
    if (json) this.json({ error: { code, message, ...(reference === undefined ? {} : { reference }) } });
    this.say(shownRefusal(no));
  }
}

/** JSON in ASCII: every other character stands as an escape, and the value is the same. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]+/g, jsonEscapes);
}
