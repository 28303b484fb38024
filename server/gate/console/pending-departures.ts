/** Consoles that are being left, while the screen is asked for. The gate that stops ends them at once. */
export class PendingDepartures {
  readonly #ends = new Set<() => void>();

  /** @param end leaves now @returns a function that forgets it; twice is harmless */
  add(end: () => void): () => void {
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  /** Twice is harmless. */
  close(): void {
    for (const end of this.#ends) end();
    this.#ends.clear();
  }
}
