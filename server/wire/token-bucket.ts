/** How much may be spent at once, and how long it takes until one more may. */
interface Allowance {
  readonly most: number;
  readonly refillMs: number;
}

/** Milliseconds of a clock that never goes back. */
export type Now = () => number;

/** An allowance that can be spent at once and grows again with time. */
export class TokenBucket {
  readonly #allowance: Allowance;
  readonly #now: Now;
  #left: number;
  #filledAt: number;

  constructor(allowance: Allowance, now: Now) {
    this.#allowance = allowance;
    this.#now = now;
    this.#left = allowance.most;
    this.#filledAt = now();
  }

  get isEmpty(): boolean {
    const { most, refillMs } = this.#allowance;
    const earned = Math.floor((this.#now() - this.#filledAt) / refillMs);
    this.#left = Math.min(most, this.#left + earned);
    this.#filledAt += earned * refillMs;
    return this.#left < 1;
  }

  /** @returns false when there is nothing to spend */
  spend(): boolean {
    if (this.isEmpty) return false;
    this.#left -= 1;
    return true;
  }
}

/**
 * One value per key, made when first asked for. Beyond `most` keys, the oldest is forgotten and begins anew.
 */
export class BoundedMap<K, V> {
  readonly #most: number;
  readonly #make: (key: K) => V;
  readonly #entries = new Map<K, V>();

  constructor(most: number, make: (key: K) => V) {
    this.#most = most;
    this.#make = make;
  }

  of(key: K): V {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= this.#most) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    const made = this.#make(key);
    this.#entries.set(key, made);
    return made;
  }
}
