import type { Place } from '../policy/policy.js';
import type { Problem } from './problem.js';

/** The text of a file, with its lines and columns. */
export class SourceText {
  readonly file: string;
  /** Without a byte order mark. */
  readonly text: string;
  readonly #starts: readonly number[];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text.replace(/^\uFEFF/, '');
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
  }

  /** The place of an offset. Offsets and columns count UTF-16 units. */
  place(offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }

  /** @param line counted from 1 */
  line(line: number): string {
    const start = this.#starts[line - 1] ?? this.text.length;
    return this.text.slice(start, this.#starts[line] ?? this.text.length).replace(/\r?\n$/, '');
  }

  problem(
    offset: number,
    message: string,
    { expected = null, suggestion = null }: { expected?: string | null; suggestion?: string | null } = {},
  ): Problem {
    const place = this.place(offset);
    return { place, message, expected, suggestion, lineText: this.line(place.line) };
  }
}
