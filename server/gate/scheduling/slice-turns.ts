import { FaultScope } from '../../wire/fault-scope.js';

/** Work that is done step by step. */
interface Run {
  /** @returns false after the last one. It runs in the scope of whom it belongs to. */
  readonly step: () => boolean;
  /** The longest that it goes on at once. */
  readonly milliseconds: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Divides the turns of the event loop among long work. However much there is, a turn has only so many milliseconds
 * for it; work that begins in a turn takes one step in it at least.
 */
export class SliceTurns {
  readonly #milliseconds: number;
  readonly #now: () => number;
  readonly #later: (work: () => void) => void;
  #waiting: Run[] = [];
  /** When the time of this turn is over; null when no work was done in it yet. */
  #end: number | null = null;

  /**
   * @param milliseconds of each turn
   * @param now milliseconds from any moment on
   * @param later calls back when everything else that waits has had its turn
   */
  constructor(
    milliseconds: number,
    now: () => number = () => performance.now(),
    later: (work: () => void) => void = (work) => {
      setImmediate(work);
    },
  ) {
    this.#milliseconds = milliseconds;
    this.#now = now;
    this.#later = later;
  }

  /** @returns resolves after the last step; rejects with what a step throws */
  run(step: () => boolean, milliseconds: number): Promise<void> {
    return this.#enter(step, milliseconds, (run) => {
      this.#take(run);
    });
  }

  /** The same, but the first step waits for a later turn when this one has no time left. */
  runInTime(step: () => boolean, milliseconds: number): Promise<void> {
    return this.#enter(step, milliseconds, (run) => {
      if (this.#now() < (this.#end ?? 0)) this.#take(run);
      else this.#waiting.push(run);
    });
  }

  #enter(step: () => boolean, milliseconds: number, begin: (run: Run) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#begin();
      // AsyncLocalStorage.snapshot would do the same, with more than a KiB for each run.
      const scope = FaultScope.current;
      begin({ step: () => FaultScope.within(scope, step), milliseconds, resolve, reject });
    });
  }

  #begin(): void {
    if (this.#end !== null) return;
    this.#end = this.#now() + this.#milliseconds;
    this.#next();
  }

  #next(): void {
    this.#later(() => {
      this.#turn();
    });
  }

  #turn(): void {
    this.#end = null;
    if (this.#waiting.length === 0) return;
    const end = this.#now() + this.#milliseconds;
    this.#end = end;
    const round = this.#waiting;
    this.#waiting = [];
    do {
      const run = round.shift();
      if (run === undefined) break;
      this.#take(run);
    } while (this.#now() < end);
    // Those that had no time in this turn come first in the next.
    this.#waiting = [...round, ...this.#waiting];
    if (this.#waiting.length > 0) this.#next();
    else this.#end = null;
  }

  #take(run: Run): void {
    const end = Math.min(this.#end ?? 0, this.#now() + run.milliseconds);
    try {
      do {
        if (run.step()) continue;
        run.resolve();
        return;
      } while (this.#now() < end);
    } catch (error) {
      run.reject(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#waiting.push(run);
  }
}
