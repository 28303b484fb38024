/** The memory that the logs of all domains have together for what waits to be written. */
export class WriteBudget {
  readonly #limit: number;
  /** Bytes that wait, of all. */
  taken = 0;

  /** @param limit in bytes */
  constructor(limit = 32 * 1024 * 1024) {
    this.#limit = limit;
  }

  /** @returns how many of these bytes there is room for */
  fit(bytes: number): number {
    return Math.max(0, Math.min(bytes, this.#limit - this.taken));
  }
}
