import { StringDecoder } from 'node:string_decoder';
import { shownLines } from './shown-lines.js';
import { TextFilter } from './text-filter.js';

/**
 * What a console said, as lines of text, while it comes: its control strings left out, its lines drawn. What it holds is bounded:
 * a line that does not end is cut into pieces.
 */
export class ConsoleText {
  readonly #decoder = new StringDecoder('utf8');
  readonly #longest: number;
  #left: Uint8Array[] = [];
  readonly #filter = new TextFilter((bytes) => this.#left.push(bytes));
  #line = '';

  /** @param longest where lines are cut, in characters */
  constructor(longest = 32 * 1024) {
    this.#longest = longest;
  }

  /** @returns the lines that have ended */
  push(bytes: Buffer): string[] {
    this.#filter.push(bytes);
    return this.#take(this.#decoder.write(this.#rest()));
  }

  /** The line that has not ended, as it is so far; more than one where the cursor was moved to another row. */
  get rest(): readonly string[] {
    return this.#line === '' ? [] : shownLines(this.#line);
  }

  /** There is no more. @returns what was not given yet */
  end(): string[] {
    this.#filter.end();
    const text = this.#decoder.write(this.#rest()) + this.#decoder.end();
    const lines = [...this.#take(text), ...this.rest];
    this.#line = '';
    return lines;
  }

  #rest(): Buffer {
    const left = Buffer.concat(this.#left);
    this.#left = [];
    return left;
  }

  #take(text: string): string[] {
    const lines: string[] = [];
    const [first = '', ...more] = text.split('\n');
    this.#line += first;
    this.#cut(lines);
    for (const piece of more) {
      lines.push(...shownLines(this.#line));
      this.#line = piece;
      this.#cut(lines);
    }
    return lines;
  }

  #cut(lines: string[]): void {
    while (this.#line.length > this.#longest) {
      const at = cutAt(this.#line, this.#longest);
      lines.push(...shownLines(this.#line.slice(0, at)));
      this.#line = this.#line.slice(at);
    }
  }
}

/** Longer sequences are shown as they are: it does not matter where they are cut. */
const LONGEST_SEQUENCE = 80;

/** Neither through a control sequence nor through a surrogate pair. */
function cutAt(line: string, at: number): number {
  const escape = line.lastIndexOf('\u001b', at - 1);
  if (escape > 0 && at - escape < LONGEST_SEQUENCE) return escape;
  return /[\ud800-\udbff]/.test(line.charAt(at - 1)) ? at - 1 : at;
}
