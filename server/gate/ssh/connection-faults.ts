import type { Socket } from 'node:net';
import { FaultScope } from '../../wire/fault-scope.js';
import type { Logger } from '../../wire/logger.js';

/** Makes a listener that never throws out of one that may. */
export type Guarded = <A extends unknown[]>(listener: (...given: A) => void) => (...given: A) => void;

/**
 * Ends one connection at a fault while it is served: in its timers, in the events of its socket, and in
 * whatever it began that has no other guard. Everything of a connection is called through here, whoever calls
 * it.
 */
export class ConnectionFaults {
  readonly #log: Logger;
  readonly #destroy: () => void;
  readonly #scope = new FaultScope((fault) => {
    this.#answer(fault);
  });
  #fields: object;
  #end: () => void;

  /**
   * @param fields name it in the log
   * @param destroy closes it without a word
   */
  constructor(log: Logger, fields: object, destroy: () => void) {
    this.#log = log;
    this.#fields = fields;
    this.#destroy = destroy;
    this.#end = destroy;
  }

  /** Gives it a name in the log, and a way to end that tells the client why. */
  identified(fields: object, end: () => void): void {
    this.#fields = fields;
    this.#end = end;
  }

  readonly on: Guarded =
    (listener) =>
    (...given) => {
      try {
        this.#scope.run(() => {
          listener(...given);
        });
      } catch (fault) {
        this.#answer(fault);
      }
    };

  /** Guards all that its socket tells anybody, ssh2 included. */
  guard(socket: Socket): void {
    const emit = socket.emit.bind(socket) as (...given: unknown[]) => boolean;
    socket.emit = (...given: unknown[]) => {
      let isHeard = false;
      this.on(() => {
        isHeard = emit(...given);
      })();
      return isHeard;
    };
  }

  #answer(fault: unknown): void {
    try {
      this.#log.error({ ...this.#fields, err: fault }, 'connection.fault');
      this.#end();
    } catch {
      // The client cannot even be told so.
      this.#destroy();
    }
  }
}
