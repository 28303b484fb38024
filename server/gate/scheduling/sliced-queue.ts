import { FaultScope } from '../../wire/fault-scope.js';
import type { Slices } from './slices.js';

/**
 * Work that many ask for at once and nobody waits for. It is done in order, in slices, and in a later turn when this one
 * has no time left; a job that throws harms no other.
 */
export class SlicedQueue {
  readonly #slices: Slices;
  readonly #onFault: (fault: unknown) => void;
  /** Each job, with itself in the fault scope in which it was added. */
  readonly #jobs = new Map<() => void, () => void>();
  #running = false;

  constructor(slices: Slices, onFault: (fault: unknown) => void) {
    this.#slices = slices;
    this.#onFault = onFault;
  }

  /** A function that is added again before its turn runs once. */
  add(job: () => void): void {
    this.addAll([job]);
  }

  /** Adds many, of which the first one begins when all are added. */
  addAll(jobs: Iterable<() => void>): void {
    for (const job of jobs) if (!this.#jobs.has(job)) this.#jobs.set(job, FaultScope.bound(job));
    if (this.#running || this.#jobs.size === 0) return;
    this.#running = true;
    void this.#slices.runInTime(() => {
      const [next] = this.#jobs;
      if (next !== undefined) this.#do(...next);
      this.#running = this.#jobs.size > 0;
      return this.#running;
    });
  }

  #do(job: () => void, inItsScope: () => void): void {
    this.#jobs.delete(job);
    try {
      inItsScope();
    } catch (fault) {
      this.#onFault(fault);
    }
  }
}
