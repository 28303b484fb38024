interface Due {
  readonly at: number;
  readonly number: number;
  call: (() => void) | null;
}

/**
 * Time that passes only on demand. Due calls run in the order of their time. After each call, everything that
 * follows from it without waiting is finished before the next one. So a sequence is the same each time it
 * runs.
 */
export class VirtualTime {
  /** Latest first, so that the next call is at the end. */
  readonly #due: Due[] = [];
  #now = 0;
  #count = 0;

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now;
  }

  /** The number of pending calls. */
  get waiting(): number {
    return this.#due.length;
  }

  /**
   * Calls once, after this many milliseconds.
   *
   * @returns a function that cancels it; calling that twice is harmless
   */
  after(ms: number, call: () => void): () => void {
    const due: Due = { at: this.#now + Math.max(0, ms), number: (this.#count += 1), call };
    let low = 0;
    for (let high = this.#due.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#due[middle]!.at > due.at) low = middle + 1;
      else high = middle;
    }
    this.#due.splice(low, 0, due);
    return () => {
      due.call = null;
    };
  }

  /** Runs the next due call, if it is before a time. @returns whether there was one */
  async next(before = Infinity): Promise<boolean> {
    for (let due = this.#due.at(-1); due !== undefined && due.at <= before; due = this.#due.at(-1)) {
      this.#due.pop();
      if (due.call === null) continue;
      this.#now = due.at;
      due.call();
      await settled();
      return true;
    }
    return false;
  }

  /** Lets this many milliseconds pass. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    while (await this.next(end));
    this.#now = end;
  }
}

/** Resolves when no promise has work left: Node runs this queue when the promises' queue is empty. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
