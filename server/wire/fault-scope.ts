import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Timers, microtasks, promises and sockets that a session or another part starts belong to its scope, and the
 * scope answers their faults. It is the safety net below each `FaultGuard`: no timer can be forgotten, and a
 * fault ends the part that it belongs to, not the whole process.
 *
 * `take` finds the scope. The process calls it for every fault that nobody caught.
 */
export class FaultScope {
  static readonly #current = new AsyncLocalStorage<FaultScope>();
  readonly #answer: (fault: unknown) => void;

  /** @param answer logs the fault and ends what the scope belongs to; it may be called more than once */
  constructor(answer: (fault: unknown) => void) {
    this.#answer = answer;
  }

  /**
   * Runs work whose timers and promises belong to this scope. The caller handles what the work itself throws.
   */
  run<T>(work: () => T): T {
    return FaultScope.#current.run(this, work);
  }

  /** The scope of the running code; undefined for the process. */
  static get current(): FaultScope | undefined {
    return FaultScope.#current.getStore();
  }

  /** Runs work in a scope that was `current` before, whoever calls. The caller handles what the work itself throws. */
  static within<T>(scope: FaultScope | undefined, work: () => T): T {
    if (FaultScope.#current.getStore() === scope) return work();
    return scope === undefined ? FaultScope.#current.exit(work) : FaultScope.#current.run(scope, work);
  }

  /** @returns a function that runs in the scope that is current now, whoever calls it */
  static bound<A extends unknown[]>(work: (...given: A) => void): (...given: A) => void {
    const scope = FaultScope.current;
    // AsyncLocalStorage.bind would do the same, with more than a KiB for each function.
    return (...given) => {
      FaultScope.within(scope, () => {
        work(...given);
      });
    };
  }

  /**
   * Lets the running code's scope answer a fault.
   *
   * @returns false when there is no scope; then the caller must end the process
   * @throws what the answer throws
   */
  static take(fault: unknown): boolean {
    const scope = FaultScope.#current.getStore();
    // The answer runs outside of all scopes, so a second fault there belongs to the process.
    if (scope !== undefined) FaultScope.#current.exit(scope.#answer, fault);
    return scope !== undefined;
  }
}
