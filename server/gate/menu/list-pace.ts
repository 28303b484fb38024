/** A long list rests for this many times as long as it took, but not longer than that. */
const REST = 9;
const LONGEST_MS = 10_000;
/** The same when rights have changed. Milliseconds. */
const LONGEST_ANEW_MS = 1_000;

/** When a list that takes long may be made again, so that it takes a tenth of the time at most. Milliseconds of one clock. */
export class ListPace {
  #nextAt = -Infinity;

  /** @param took what making it took, without the turns of others */
  made(took: number, now: number): void {
    this.#nextAt = now + Math.min(LONGEST_MS, took * REST);
  }

  /** @returns how long to wait; 0 when it may be made now */
  wait(now: number): number {
    return Math.max(0, this.#nextAt - now);
  }

  /** Rights have changed: it may be made soon. @returns whether that is sooner than before */
  hurry(now: number): boolean {
    const latest = now + LONGEST_ANEW_MS;
    const isSooner = latest < this.#nextAt;
    if (isSooner) this.#nextAt = latest;
    return isSooner;
  }
}
