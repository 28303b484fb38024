import { StringDecoder } from 'node:string_decoder';
import { columnsOf } from './printable-text.js';
import type { Token } from './key-tokens.js';

/** More than any line that means something. */
const LONGEST_LINE = 16_384;

/** What a line editor needs of the menu it edits for. */
interface LineHost {
  /** Null where nothing is echoed. */
  readonly echo: ((text: string) => void) | null;
  /** What may be seen of a line that is being typed. */
  shown(line: string): string;
  /** Enter. */
  entered(line: string): void;
  /** Ctrl-C or Ctrl-D on an empty line. */
  left(): void;
}

/** The line being typed. An SSH channel has no line discipline: echo and correction are done here, with backspaces alone. */
export class LineEditor {
  readonly #host: LineHost;
  readonly #decoder = new StringDecoder('utf8');
  #line = '';
  /** Columns of it that stand on the screen. */
  #echoed = 0;

  constructor(host: LineHost) {
    this.#host = host;
  }

  /** As much of the line as may be seen, to be written again behind a new prompt. */
  again(): string {
    if (this.#host.echo === null) return '';
    const shown = this.#host.shown(this.#line);
    this.#echoed = columnsOf(shown);
    return shown;
  }

  forget(): void {
    this.#line = '';
    this.#echoed = 0;
  }

  /** @param open asked before each character: false when what follows is somebody else's */
  take(tokens: readonly Token[], open: () => boolean): void {
    for (const token of tokens) {
      const text = token.token === 'paste' ? token.text : this.#decoder.write(token.bytes);
      // Cursor keys and the like mean nothing on a line.
      if (token.token === 'key' && text.startsWith('\x1b')) continue;
      for (const character of text) {
        if (!open()) return;
        this.#character(character);
      }
    }
  }

  #character(character: string): void {
    switch (character) {
      case '\r':
      case '\n': {
        const line = this.#line;
        this.forget();
        this.#host.entered(line);
        return;
      }
      case '\x7f':
      case '\b':
        this.#set(Array.from(this.#line).slice(0, -1).join(''));
        return;
      case '\x15':
        this.#set('');
        return;
      case '\x03':
        if (this.#line === '') this.#host.left();
        else this.#set('');
        return;
      case '\x04':
        if (this.#line === '') this.#host.left();
        return;
      default:
        if (character >= ' ' && this.#line.length < LONGEST_LINE) this.#set(this.#line + character);
    }
  }

  #set(line: string): void {
    const before = this.#host.shown(this.#line);
    const after = this.#host.shown(line);
    this.#line = line;
    const { echo } = this.#host;
    if (echo === null || before === after) return;
    if (after.startsWith(before)) echo(after.slice(before.length));
    else {
      const kept = before.startsWith(after) ? after : '';
      echo('\b \b'.repeat(this.#echoed - columnsOf(kept)) + after.slice(kept.length));
    }
    this.#echoed = columnsOf(after);
  }
}
