import type { Socket } from 'node:net';
import type { Logger } from '../../wire/logger.js';
import { ConnectionFaults } from './connection-faults.js';
import type { Source } from './source.js';

/** A socket that was let in. */
export interface Arrival {
  readonly socket: Socket;
  readonly source: Source;
  /** Ends the connection at a fault while it is served. */
  readonly faults: ConnectionFaults;
  /** Call it at login: stops the grace timer. */
  loggedIn(): void;
}

interface ArrivalCallbacks {
  loggedIn(): void;
  closed(): void;
}

/**
 * Begins to serve a socket: guards it, and closes it when nobody has logged in in time.
 *
 * @param graceMs how long a login may take
 */
export function arrivalOf(
  socket: Socket,
  source: Source,
  log: Logger,
  graceMs: number,
  callbacks: ArrivalCallbacks,
): Arrival {
  socket.on('error', () => undefined);
  const faults = new ConnectionFaults(log, { source: source.address }, () => socket.destroy());
  faults.guard(socket);
  const late = faults.on(() => {
    log.debug({ source: source.address }, 'login.timed-out');
    socket.destroy();
  });
  let grace: NodeJS.Timeout | undefined = setTimeout(late, graceMs);
  // Not `once`, which makes three objects more; a socket closes once.
  socket.on('close', () => {
    clearTimeout(grace);
    callbacks.closed();
  });
  return {
    socket,
    source,
    faults,
    loggedIn: () => {
      clearTimeout(grace);
      grace = undefined;
      callbacks.loggedIn();
    },
  };
}
