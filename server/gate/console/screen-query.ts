import type { ScreenText } from '../../wire/console.js';
import { Patience } from '../../wire/patience.js';

/** How long to wait for dom0's answer. Milliseconds. */
const PATIENCE_MS = 500;

/** Asks dom0 for the text of the screen. */
export class ScreenQuery {
  readonly #ask: () => boolean;
  #waiting: ((screen: ScreenText | null) => void) | null = null;
  #patience: Patience | null = null;

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
      this.#patience = new Patience(PATIENCE_MS, () => {
        this.heard(null);
      });
    });
  }

  /** Call it with dom0's answer. */
  heard(screen: ScreenText | null): void {
    this.#patience?.stop();
    this.#patience = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(screen);
  }

  /** Answers a question that waits with null; twice is harmless. */
  dispose(): void {
    this.heard(null);
  }
}
