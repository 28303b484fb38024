import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';

/** Asks questions at the terminal; each answer is a line. A script may send its answers through a pipe. */
export class Dialog {
  readonly #lines: Interface;
  readonly #show: (text: string) => void;
  readonly #waiting: string[] = [];
  #next: ((line: string | null) => void) | undefined;
  #ended = false;

  constructor(input: NodeJS.ReadableStream = process.stdin, show = toStderr) {
    this.#show = show;
    this.#lines = createInterface({ input });
    this.#lines.on('line', (line) => {
      const next = this.#next;
      this.#next = undefined;
      if (next === undefined) this.#waiting.push(line);
      else next(line);
    });
    this.#lines.once('close', () => {
      this.#ended = true;
      this.#next?.(null);
    });
  }

  /** Shows a text to the person who is asked. */
  say(text: string): void {
    this.#show(text);
  }

  /** Asks until the answer begins with one of the letters. @returns null when the input has ended */
  async choose<L extends string>(question: string, letters: readonly L[]): Promise<L | null> {
    for (;;) {
      const answer = await this.ask(question);
      if (answer === null) return null;
      const letter = letters.find((one) => one === answer.trim().toLowerCase().slice(0, 1));
      if (letter !== undefined) return letter;
    }
  }

  /** @returns null when the input has ended */
  async ask(question: string): Promise<string | null> {
    this.#show(question);
    const line = this.#waiting.shift();
    if (line !== undefined) return line;
    if (this.#ended) return null;
    return new Promise((resolve) => {
      this.#next = resolve;
    });
  }

  /** Lets another program use the terminal. */
  pause(): void {
    this.#lines.pause();
  }

  resume(): void {
    if (!this.#ended) this.#lines.resume();
  }

  close(): void {
    this.#lines.close();
  }
}

function toStderr(text: string): void {
  process.stderr.write(text);
}
