import type { LogPrinter } from './log-printer.js';

/** After so long without bytes, a line that has not ended is shown as it is. Milliseconds. */
const REST_MS = 200;

/** Shows the beginning of a line when its end is long in coming. */
export class RestTimer {
  readonly #printer: LogPrinter;
  #timer: NodeJS.Timeout | undefined;

  constructor(printer: LogPrinter) {
    this.#printer = printer;
  }

  /** Call it when something came. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#printer.rest();
    }, REST_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
