import type { Socket } from 'node:net';
import { FaultScope } from '../../wire/fault-scope.js';
import type { Logger } from '../../wire/logger.js';

/** Makes a listener one that never throws. */
export type Guarded = <A extends unknown[]>(listener: (...given: A) => void) => (...given: A) => void;

/**
 * What is thrown while one connection is served ends that connection: by its timers, by the events of its socket, and by whatever it
 * began that nobody guards. Everything of a connection is called through here, whoever calls it.
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
   * @param fields what the log calls it
   * @param destroy closes it without a word
   */
  constructor(log: Logger, fields: object, destroy: () => void) {
    this.#log = log;
    this.#fields = fields;
    this.#destroy = destroy;
    this.#end = destroy;
  }

  /** From now on it has a name, and is told why it ends. */
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

  /** All that its socket tells anybody, ssh2 included. */
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
      this.#log.error({ ...this.#fields, err: fault }, 'a fault ended the connection');
      this.#end();
    } catch {
      // It cannot even be told so.
      this.#destroy();
    }
  }
}
