import type { Socket } from 'node:net';
import type { Logger } from '../../wire/logger.js';
import { arrivalOf } from '../ssh/arrival.js';
import type { Arrival } from '../ssh/arrival.js';
import type { LoginRefused } from '../ssh/authenticate.js';
import type { ClosedConnection, Front } from '../ssh/front.js';
import { sourceOf } from '../ssh/source.js';
import type { Source } from '../ssh/source.js';
import type { FromWorker } from './messages.js';
import type { Outbox } from './outbox.js';

/** The front of a worker: the coordinator accepts the sockets and hands them over, and is told what becomes of them. */
export class HandedFront implements Front {
  readonly #outbox: Outbox<FromWorker>;
  readonly #graceMs: number;
  readonly #log: Logger;
  readonly #open = new Map<number, Socket>();
  #onArrival: ((arrival: Arrival) => void) | null = null;

  /** @param graceMs how long a login may take */
  constructor(outbox: Outbox<FromWorker>, graceMs: number, log: Logger) {
    this.#outbox = outbox;
    this.#graceMs = graceMs;
    this.#log = log;
  }

  /** The coordinator has the addresses. */
  listen(onArrival: (arrival: Arrival) => void): Promise<[]> {
    this.#onArrival = onArrival;
    return Promise.resolve([]);
  }

  /** Takes a socket that the coordinator has accepted. @param socket undefined when it has gone on the way */
  take(arrival: number, address: string, socket: Socket | undefined): void {
    const onArrival = this.#onArrival;
    if (socket === undefined || onArrival === null) {
      socket?.destroy();
      this.#left(arrival);
      return;
    }
    this.#open.set(arrival, socket);
    const found = arrivalOf(socket, sourceOf(address), this.#log, this.#graceMs, {
      loggedIn: () => {
        this.#outbox.post({ kind: 'logged-in', arrival });
      },
      closed: () => {
        this.#left(arrival);
      },
    });
    found.faults.on(() => {
      onArrival(found);
    })();
  }

  /** Another connection got its place. */
  drop(arrival: number): void {
    this.#open.get(arrival)?.destroy();
  }

  close(): Promise<void> {
    this.#onArrival = null;
    return Promise.resolve();
  }

  destroyAll(): void {
    for (const socket of this.#open.values()) socket.destroy();
  }

  refused(source: Source, connection: string, login: string, refused: LoginRefused): void {
    this.#outbox.post({ kind: 'refused', source, connection, login, refused });
  }

  wasted(source: Source): void {
    this.#outbox.post({ kind: 'wasted', source });
  }

  /** `loggedIn` of the arrival says it. */
  succeeded(): void {
    return undefined;
  }

  closed({ refusal, source, openedAt }: ClosedConnection): void {
    this.#outbox.post({ kind: 'closed', closed: { refusal, source, openedAt } });
  }

  #left(arrival: number): void {
    this.#open.delete(arrival);
    this.#outbox.post({ kind: 'left', arrival });
  }
}
