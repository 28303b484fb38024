/**
 * Lets many callers share work that must not run twice at once. A caller that comes during a run gets the
 * next run: it may have changed something that the present run has already passed.
 */
export class SharedRun<T> {
  readonly #run: () => Promise<T>;
  #present: Promise<T> | null = null;
  #next: Promise<T> | null = null;

  constructor(run: () => Promise<T>) {
    this.#run = run;
  }

  get(): Promise<T> {
    if (this.#next !== null) return this.#next;
    if (this.#present === null) return this.#begin();
    const begin = (): Promise<T> => this.#begin();
    this.#next = this.#present.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<T> {
    this.#next = null;
    const present = this.#run().finally(() => {
      if (this.#present === present) this.#present = null;
    });
    this.#present = present;
    return present;
  }
}
