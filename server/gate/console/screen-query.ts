import type { ScreenText } from '../../wire/console.js';

/** How long to wait for dom0's answer. Milliseconds. */
const PATIENCE = 500;

/** Asks dom0 for the text of the screen. */
export class ScreenQuery {
  readonly #ask: () => boolean;
  #waiting: ((screen: ScreenText | null) => void) | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** @param ask sends the question; returns false when it cannot be asked */
  constructor(ask: () => boolean) {
    this.#ask = ask;
  }

  /**
   * Asks one question at a time: a new one answers the former with null. @returns null when the text cannot
   * be had now
   */
  read(): Promise<ScreenText | null> {
    this.heard(null);
    if (!this.#ask()) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#timer = setTimeout(() => {
        this.heard(null);
      }, PATIENCE);
    });
  }

  /** Call it with dom0's answer. */
  heard(screen: ScreenText | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(screen);
  }

  /** Answers a question that waits with null; twice is harmless. */
  dispose(): void {
    this.heard(null);
  }
}
