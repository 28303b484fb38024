import { SliceTurns } from './slice-turns.js';

/** How long one slice takes at most. Milliseconds. */
const SLICE_MS = 2;

interface SlicesOptions {
  readonly milliseconds?: number;
  /** Milliseconds from any moment on. */
  readonly now?: () => number;
  /** Calls back when everything else that waits has had its turn. */
  readonly later?: (work: () => void) => void;
}

/** The turns of the event loop, which all long work shares. */
const shared = new SliceTurns(SLICE_MS);

/**
 * Does long work in slices of a few milliseconds, so that the event loop goes on between them. All that is done
 * so has one slice together in each turn of the event loop, and takes it in order.
 */
export class Slices {
  readonly #milliseconds: number;
  readonly #turns: SliceTurns;

  constructor({ milliseconds = SLICE_MS, now, later }: SlicesOptions = {}) {
    this.#milliseconds = milliseconds;
    this.#turns =
      now === undefined && later === undefined ? shared : new SliceTurns(milliseconds, now, later);
  }

  /**
   * Takes one step after the other until `step` returns false. The first is taken before this returns, and as
   * many more as there is time for in this turn.
   *
   * @returns resolves after the last step; rejects with what a step throws, and then takes no further step
   */
  run(step: () => boolean): Promise<void> {
    return this.#turns.run(step, this.#milliseconds);
  }

  /**
   * The same for work that may begin later. When this turn has no time left, not even the first step is taken in it:
   * thousands that begin in one turn do not hold it up.
   */
  runInTime(step: () => boolean): Promise<void> {
    return this.#turns.runInTime(step, this.#milliseconds);
  }
}
