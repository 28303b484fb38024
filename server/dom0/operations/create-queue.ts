/** Creates run one at a time, in the order in which they came. */
export class CreateQueue {
  readonly #waiting: { readonly begin: () => void; readonly moved: (place: number) => void }[] = [];
  #busy = false;

  /**
   * Waits for its turn.
   *
   * @param moved called with the number of creates ahead, the running one included: at first and after each
   * change
   * @returns a function to call when the create is done; calling it twice is harmless
   * @throws the signal's reason when it is aborted before its turn
   */
  async enter(signal: AbortSignal, moved: (place: number) => void): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#busy) await this.#wait(signal, moved);
    this.#busy = true;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#next();
    };
  }

  #wait(signal: AbortSignal, moved: (place: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        this.#tellPlaces();
        reject(signal.reason as Error);
      };
      const begin = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const entry = { begin, moved };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(entry);
      moved(this.#waiting.length);
    });
  }

  /** Hands the turn over directly, so that no newcomer can take it. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#busy = false;
      return;
    }
    next.begin();
    this.#tellPlaces();
  }

  #tellPlaces(): void {
    this.#waiting.forEach(({ moved }, index) => {
      moved(index + 1);
    });
  }
}
