/** The memory for output that waits to be written, shared by the logs of all domains. */
export class WriteBudget {
  readonly #limit: number;
  /** The bytes that wait, over all logs. */
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
