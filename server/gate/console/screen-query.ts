import type { ScreenText } from '../../wire/console.js';

/** How long dom0 is waited for. Milliseconds. */
const PATIENCE = 500;

/** Asks dom0 what the screen says. */
export class ScreenQuery {
  readonly #ask: () => boolean;
  #waiting: ((screen: ScreenText | null) => void) | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** @param ask sends the question; false when it cannot be asked */
  constructor(ask: () => boolean) {
    this.#ask = ask;
  }

  /** @returns null when it cannot be had now; one question at a time, the former is then answered so */
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

  /** dom0 has answered. */
  heard(screen: ScreenText | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(screen);
  }

  /** Who waits is answered; twice is harmless. */
  dispose(): void {
    this.heard(null);
  }
}
