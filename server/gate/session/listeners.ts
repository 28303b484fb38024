import { FaultScope } from '../../wire/fault-scope.js';
import type { Unsubscribe } from './terminal.js';

/**
 * The listeners to one kind of event. One that throws does not keep the others from hearing. Each hears in
 * the fault scope in which it was added, so a fault in what it begins is its own.
 */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #onFault: (fault: unknown) => void;

  /** @param onFault hears what a listener threw */
  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: (value: T) => void): Unsubscribe {
    // A function of its own for each call, so that a listener that is added twice counts twice.
    const entry = FaultScope.bound((value: T) => {
      listener(value);
    });
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue;
      try {
        listener(value);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
  }
}
