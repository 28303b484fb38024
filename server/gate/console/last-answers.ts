/** Milliseconds. */
const LINGER = { quiet: 500, most: 5_000 };

/**
 * Waits for the guest's last answers when the input has ended: until it has been quiet for half a second, and
 * for 5 s at most.
 */
export class LastAnswers {
  readonly #lastBytes: () => number;
  readonly #over: () => void;
  #timer: NodeJS.Timeout | null = null;

  /** @param lastBytes when the guest last said something, in milliseconds since the epoch */
  constructor(lastBytes: () => number, over: () => void) {
    this.#lastBytes = lastBytes;
    this.#over = over;
  }

  start(): void {
    this.#wait(Date.now());
  }

  /** Twice is harmless; `over` is not called any more. */
  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #wait(since: number): void {
    const now = Date.now();
    const quiet = now - Math.max(this.#lastBytes(), since) >= LINGER.quiet;
    if (quiet || now - since >= LINGER.most) {
      this.#over();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#wait(since);
    }, LINGER.quiet / 5);
  }
}
