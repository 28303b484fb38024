import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What a session or another part begins (timers, microtasks, promises, sockets) belongs to its scope, and what those throw is the scope's
 * to answer. It is the net below each `FaultGuard`: nobody can forget a timer, and a fault ends what it belongs to and not the half.
 *
 * `take` finds the scope: the half asks it for every fault that nobody caught.
 */
export class FaultScope {
  static readonly #current = new AsyncLocalStorage<FaultScope>();
  readonly #answer: (fault: unknown) => void;

  /** @param answer logs the fault and ends what the scope belongs to; it may be called more than once */
  constructor(answer: (fault: unknown) => void) {
    this.#answer = answer;
  }

  /** Runs work whose timers and promises belong here. What the work itself throws is its caller's. */
  run<T>(work: () => T): T {
    return FaultScope.#current.run(this, work);
  }

  /** @returns the function for others to call: it runs in the scope that is current now, whoever calls it */
  static bound<A extends unknown[]>(work: (...given: A) => void): (...given: A) => void {
    return AsyncLocalStorage.bind(work);
  }

  /**
   * Has the running code's scope answer a fault.
   *
   * @returns false when it belongs to none; whoever asks has to end the process
   * @throws what the answer throws
   */
  static take(fault: unknown): boolean {
    const scope = FaultScope.#current.getStore();
    // What the answer begins belongs to nobody: a second fault there is one of the half.
    if (scope !== undefined) FaultScope.#current.exit(scope.#answer, fault);
    return scope !== undefined;
  }
}
