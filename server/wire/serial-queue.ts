/** Does one piece of work after the other, in the order in which they are asked for. One that fails holds up no other. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns what the work returns; rejects as it does */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when all that was asked for so far has ended, well or not. Never rejects. */
  idle(): Promise<unknown> {
    return this.#last;
  }
}
