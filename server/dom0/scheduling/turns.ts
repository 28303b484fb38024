/** Runs works in turn: of one key, each begins when the one before it has ended, however it ended. */
export class Turns<K> {
  readonly #last = new Map<K, Promise<unknown>>();

  /** @returns what the work returns, or throws */
  async run<T>(key: K, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const done = before.then(work);
    const settled = done.catch(() => undefined);
    this.#last.set(key, settled);
    try {
      return await done;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }

  /** Settles when what has begun or waits now has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
