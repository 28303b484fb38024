/** Runs work when it is the customer's turn. */
export type TakeTurn = <T>(work: () => T) => Promise<T>;

/**
 * The searches of all customers, one after the other, a page at a time. Each page is followed by a rest as
 * long as it took: however many search, at least half of the gate's time is left for those who type.
 */
export class SearchQueue {
  #free: Promise<unknown> = Promise.resolve();

  /**
   * @param work takes a few milliseconds
   * @param take runs it when it is the customer's turn. It must run it in the end: the others wait for that
   */
  run<T>(work: () => T, take: TakeTurn): Promise<T> {
    let took = 0;
    const done = this.#free.then(() =>
      take(() => {
        const began = performance.now();
        try {
          return work();
        } finally {
          took = performance.now() - began;
        }
      }),
    );
    const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, took));
    this.#free = done.then(rest, rest);
    return done;
  }
}
