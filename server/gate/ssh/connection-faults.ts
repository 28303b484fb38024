import type { Socket } from 'node:net';
import { FaultScope } from '../../wire/fault-scope.js';
import type { Logger } from '../../wire/logger.js';

/** Makes a listener that never throws out of one that may. */
export type Guarded = <A extends unknown[]>(listener: (...given: A) => void) => (...given: A) => void;

const FAULTS = Symbol('what guards the events of a socket');

/** One function for all sockets: it finds the guard at its own. */
function guardedEmit(this: Socket & { readonly [FAULTS]: ConnectionFaults }, ...given: unknown[]): boolean {
  const { emit } = Object.getPrototypeOf(this) as { emit: (...given: unknown[]) => boolean };
  let isHeard = false;
  this[FAULTS].on(() => {
    isHeard = emit.apply(this, given);
  })();
  return isHeard;
}

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
    Object.assign(socket, { [FAULTS]: this, emit: guardedEmit });
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
