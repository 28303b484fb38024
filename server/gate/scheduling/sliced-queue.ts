import { FaultScope } from '../../wire/fault-scope.js';
import type { Slices } from './slices.js';

/** Work that many ask for at once and nobody waits for: done in order, in slices. One that throws harms no other. */
export class SlicedQueue {
  readonly #slices: Slices;
  readonly #onFault: (fault: unknown) => void;
  /** Each with itself in the fault scope of whoever added it. */
  readonly #jobs = new Map<() => void, () => void>();
  #running = false;

  constructor(slices: Slices, onFault: (fault: unknown) => void) {
    this.#slices = slices;
    this.#onFault = onFault;
  }

  /** The same function is done once, however often it is added until then. */
  add(job: () => void): void {
    if (!this.#jobs.has(job)) this.#jobs.set(job, FaultScope.bound(job));
    if (this.#running) return;
    this.#running = true;
    void this.#slices.run(() => {
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
