import type { DomainListing } from '../customer/domain-listing.js';
import type { Slices } from '../scheduling/slices.js';
import { ListPace } from './list-pace.js';

/** Makes a long list in slices: others have their turns between its domains. One at a time, and at a pace. */
export class ListMaking {
  readonly #slices: Pick<Slices, 'run'>;
  readonly #pace = new ListPace();
  #isUnderWay = false;
  #isOutdated = false;

  constructor(slices: Pick<Slices, 'run'>) {
    this.#slices = slices;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Whether the list that was made last was old by then: what changed meanwhile may be in it or not. */
  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  /** What is being made must be made again. */
  outdate(): void {
    this.#isOutdated = true;
  }

  /** How long to wait before the next one. Milliseconds; 0 when it may be made now. */
  get wait(): number {
    return this.#pace.wait(performance.now());
  }

  /** Rights have changed: the next one may be made soon. @returns whether that is sooner than before */
  hurry(): boolean {
    return this.#pace.hurry(performance.now());
  }

  /**
   * Takes the steps of a listing.
   *
   * @param isWanted when it says no, the steps are left
   * @param made is called after the last step, while the list is still under way
   * @returns rejects with what a step throws
   */
  async make(listing: DomainListing, isWanted: () => boolean, made: () => void): Promise<void> {
    this.#isUnderWay = true;
    this.#isOutdated = false;
    let took = 0;
    try {
      await this.#slices.run(() => {
        if (!isWanted()) return false;
        const begun = performance.now();
        const isMore = listing.step();
        took += performance.now() - begun;
        return isMore;
      });
      if (isWanted()) made();
    } finally {
      this.#pace.made(took, performance.now());
      this.#isUnderWay = false;
    }
  }
}
