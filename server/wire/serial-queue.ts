/**
 * Runs pieces of work one after the other, in the order of the calls. A failed one does not stop the next.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns the result of the work; rejects as the work does */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when all work so far has ended, well or not. Never rejects. */
  idle(): Promise<unknown> {
    return this.#last;
  }
}
