import type { FaultLogger } from './logger.js';

/**
 * Guards the listeners of sockets, timers and workers. An exception in such a listener would end the process.
 * The guard logs it and ends only what the event belongs to.
 */
export class FaultGuard {
  readonly #log: FaultLogger;

  constructor(log: FaultLogger) {
    this.#log = log;
  }

  /**
   * @param event its name, for the log
   * @param answer ends what the event belongs to: a request, a console, a connection
   * @returns a listener that never throws
   */
  on<A extends unknown[]>(
    event: string,
    listener: (...given: A) => void,
    answer: (...given: A) => void = () => undefined,
  ): (...given: A) => void {
    return (...given) => {
      try {
        listener(...given);
      } catch (error) {
        this.#log.error({ err: error, event }, 'fault.caught');
        try {
          answer(...given);
        } catch (again) {
          this.#log.error({ err: again, event }, 'fault.not-answered');
        }
      }
    };
  }
}
