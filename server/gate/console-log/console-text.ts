import { StringDecoder } from 'node:string_decoder';
import { shownLines } from './shown-lines.js';
import { TextFilter } from './text-filter.js';

/**
 * Turns a console's output into lines of text as it comes: control strings left out, lines drawn. It holds a
 * bounded amount: a line that does not end is cut into pieces.
 */
export class ConsoleText {
  readonly #decoder = new StringDecoder('utf8');
  readonly #longest: number;
  #left: Uint8Array[] = [];
  readonly #filter = new TextFilter((bytes) => this.#left.push(bytes));
  #line = '';

  /** @param longest the length at which lines are cut, in characters */
  constructor(longest = 32 * 1024) {
    this.#longest = longest;
  }

  /** @returns the lines that have ended */
  push(bytes: Buffer): string[] {
    this.#filter.push(bytes);
    return this.#take(this.#decoder.write(this.#rest()));
  }

  /** The line that has not ended yet; more than one where the cursor was moved to another row. */
  get rest(): readonly string[] {
    return this.#line === '' ? [] : shownLines(this.#line);
  }

  /** Call it when there is no more. @returns the lines that were not given yet */
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

/** A longer sequence is shown as it is, so it does not matter where it is cut. */
const LONGEST_SEQUENCE = 80;

/** Cuts neither through a control sequence nor through a surrogate pair. */
function cutAt(line: string, at: number): number {
  const escape = line.lastIndexOf('\u001b', at - 1);
  if (escape > 0 && at - escape < LONGEST_SEQUENCE) return escape;
  return /[\ud800-\udbff]/.test(line.charAt(at - 1)) ? at - 1 : at;
}
