interface Due {
  readonly at: number;
  readonly number: number;
  call: (() => void) | null;
}

/**
 * Time that passes only when it is told to. What is due is called in the order of time, and after each call everything that follows
 * from it without waiting is done, before the next one is called: so a sequence is the same each time it is run.
 */
export class VirtualTime {
  /** Latest first, so that the next one is at the end. */
  readonly #due: Due[] = [];
  #now = 0;
  #count = 0;

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now;
  }

  /** How much is due at some time. */
  get waiting(): number {
    return this.#due.length;
  }

  /** Calls once, after so many milliseconds. @returns what calls it off; twice is harmless */
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

  /** Calls what is due next, if it is before a time. @returns whether there was something */
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

  /** Lets so many milliseconds pass. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    while (await this.next(end));
    this.#now = end;
  }
}

/** Resolves when no promise has anything left to do. Node runs this queue when the one of the promises is empty. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
