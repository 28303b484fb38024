import { StringDecoder } from 'node:string_decoder';
import { columnsOf } from './printable-text.js';
import type { Token } from './key-tokens.js';

/** Longer than any useful line. */
const LONGEST_LINE = 16_384;

/** The menu, as its line editor uses it. */
interface LineHost {
  /** Null when nothing is echoed. */
  readonly echo: ((text: string) => void) | null;
  /** The part of a typed line that may be shown. */
  shown(line: string): string;
  /**
   * Called on Tab, where there is an echo. `again` is true when the key before was a Tab too. @returns what is to be
   * typed behind the line
   */
  completed(line: string, again: boolean): string;
  /** Called on Enter. */
  entered(line: string): void;
  /** Called on Ctrl-C, or on Ctrl-D when the line is empty. */
  left(): void;
}

/**
 * Edits the line being typed. An SSH channel has no line discipline, so echo and correction happen here, with
 * backspaces only.
 */
export class LineEditor {
  readonly #host: LineHost;
  readonly #decoder = new StringDecoder('utf8');
  #line = '';
  /** Columns of the line that are on the screen. */
  #echoed = 0;
  #wasTab = false;

  constructor(host: LineHost) {
    this.#host = host;
  }

  /** The part of the line that may be shown, to write again after a new prompt. */
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

  /** @param open asked before each character; false when the rest belongs to another reader */
  take(tokens: readonly Token[], open: () => boolean): void {
    for (const token of tokens) {
      const text = token.token === 'paste' ? token.text : this.#decoder.write(token.bytes);
      // Cursor keys and similar keys mean nothing on a line.
      if (token.token === 'key' && text.startsWith('\x1b')) continue;
      for (const character of text) {
        if (!open()) return;
        const isTab = character === '\t' && token.token === 'key' && this.#host.echo !== null;
        if (isTab) this.#set(this.#line + this.#host.completed(this.#line, this.#wasTab));
        else this.#character(character);
        this.#wasTab = isTab;
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
