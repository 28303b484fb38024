import { ConsoleText } from '../console-log/console-text.js';
import type { Terminal } from '../session/terminal.js';
import type { ExecOutput } from './exec-output.js';

/** Writes a log to the customer as it comes. */
export interface LogPrinter {
  /** @returns false when a source with more should wait for the terminal */
  take(bytes: Buffer): boolean;
  /** Call it when nothing came for a while. */
  rest(): void;
  end(): void;
}

/**
 * Writes lines that do nothing to a terminal. A line that has not ended yet is shown when nothing follows.
 */
export class TextPrinter implements LogPrinter {
  readonly #output: ExecOutput;
  readonly #text = new ConsoleText();
  /** The part of the unfinished line that is shown. */
  #shown = '';
  /** How many lines were written. */
  lines = 0;

  constructor(output: ExecOutput) {
    this.#output = output;
  }

  take(bytes: Buffer): boolean {
    return this.#print(this.#text.push(bytes));
  }

  rest(): void {
    const [line, ...more] = this.#text.rest;
    if (line === undefined || more.length > 0 || line === this.#shown) return;
    this.#output.piece(this.#continued(line));
    this.#shown = line;
  }

  end(): void {
    this.#print(this.#text.end());
    if (this.#shown !== '') this.#output.piece('\n');
  }

  #print(lines: readonly string[]): boolean {
    const [first, ...more] = lines;
    if (first === undefined) return true;
    const begun = this.#continued(first);
    this.#shown = '';
    this.lines += lines.length;
    return this.#output.piece([begun, ...more, ''].join('\n'));
  }

  /** Goes on with the line that is shown, or begins below it when it has become another. */
  #continued(line: string): string {
    if (this.#shown === '') return line;
    return line.startsWith(this.#shown) ? line.slice(this.#shown.length) : `\n${line}`;
  }
}

/** Writes one JSON object, its `lines` last: its reader knows what they belong to before they come. */
export class JsonPrinter implements LogPrinter {
  readonly #output: ExecOutput;
  readonly #text = new ConsoleText();
  #any = false;

  constructor(output: ExecOutput, about: object) {
    this.#output = output;
    output.jsonPiece(about, (json) => `${json.slice(0, -1)},"lines":[`);
  }

  take(bytes: Buffer): boolean {
    return this.#print(this.#text.push(bytes));
  }

  rest(): void {
    // JSON has whole lines only.
  }

  end(): void {
    this.#print(this.#text.end());
    this.#output.piece(']}\n');
  }

  #print(lines: readonly string[]): boolean {
    if (lines.length === 0) return true;
    const comma = this.#any ? ',' : '';
    this.#any = true;
    return this.#output.jsonPiece(lines, (json) => `${comma}${json.slice(1, -1)}`);
  }
}

/** Writes what the guest wrote, byte for byte. */
export class RawPrinter implements LogPrinter {
  readonly #terminal: Pick<Terminal, 'write'>;

  constructor(terminal: Pick<Terminal, 'write'>) {
    this.#terminal = terminal;
  }

  take(bytes: Buffer): boolean {
    return this.#terminal.write(bytes);
  }

  rest(): void {
    // All of it is shown already.
  }

  end(): void {
    // Raw output ends with the guest's last byte.
  }
}
