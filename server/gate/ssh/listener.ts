import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { Logger } from '../../wire/logger.js';
import { arrivalOf, type Arrival } from './arrival.js';
import { ConnectionFaults } from './connection-faults.js';
import { sourceOf, type Source } from './source.js';
import type { LoginSettings } from './ssh-settings.js';
import { UnauthenticatedConnections } from './unauthenticated-connections.js';
import { turnedAwayBytes } from './ssh-message.js';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A connection that has a place, here or in another process. */
export interface PlacedSocket {
  destroy(): unknown;
}

/** Hands accepted sockets to other processes. */
export interface HandOut {
  /** Makes the place of a connection. */
  place(socket: Socket, source: Source): HandedSocket;
}

/** A connection that another process serves. */
export interface HandedSocket extends PlacedSocket {
  /** Hands it over. It calls back when somebody has logged in, and when it has closed. */
  hand(callbacks: { loggedIn(): void; closed(): void }): void;
}

/** Says which sources are closed before a byte is read. */
interface Penalised {
  isPenalised(bucket: string): boolean;
}

/** Why a connection is closed at once. */
export type TurnedAway = 'penalised' | 'too many from there' | 'too many wait' | 'too many';

/** Why an address cannot be listened on, in one sentence for the admin. */
class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** The largest share of all connections that may be waiting to log in. */
const WAITING_SHARE = 0.5;
const QUIET_MS = 60_000;
/** How many are told at once why they are turned away: in a flood the others are just closed. */
const FAREWELLS = 64;
const FAREWELL_MS = 2000;

const TOO_MANY_FROM_THERE =
  'Too many connections from your address are waiting to log in. Wait for those, or close them, then try again.';
const TOO_MANY = 'Too many connections are open just now. Try again in a moment.';

/**
 * The listening sockets. A connection is counted, capped and timed from the moment it is accepted, before any
 * cryptography. ssh2 has no caps and no timer, and does not even show a socket that keeps silent.
 *
 * When too many wait to log in, one from the most crowded source makes room (`UnauthenticatedConnections`): a
 * flood must not keep out clients that need some round trips. Connections that have logged in are not counted
 * for their source: behind one address there may be many customers, each with a cap of their own.
 */
export class Listener {
  readonly #settings: LoginSettings;
  readonly #penalised: Penalised;
  readonly #onArrival: (arrival: Arrival) => void;
  readonly #onTurnedAway: (source: Source, reason: TurnedAway) => void;
  readonly #log: Logger;
  readonly #servers: Server[] = [];
  readonly #handOut: HandOut | null;
  readonly #open = new Set<PlacedSocket>();
  readonly #waiting: UnauthenticatedConnections<PlacedSocket>;
  /** Sockets that are being told why they are turned away. */
  readonly #leaving = new Set<Socket>();
  #turnedAway = 0;
  #quietUntil = 0;

  /** @param handOut when other processes serve the connections: then nothing arrives here */
  constructor(
    settings: LoginSettings,
    penalised: Penalised,
    onArrival: (arrival: Arrival) => void,
    log: Logger,
    onTurnedAway: (source: Source, reason: TurnedAway) => void = () => undefined,
    handOut: HandOut | null = null,
  ) {
    this.#handOut = handOut;
    this.#onTurnedAway = onTurnedAway;
    this.#settings = settings;
    this.#penalised = penalised;
    this.#onArrival = onArrival;
    this.#log = log;
    this.#waiting = new UnauthenticatedConnections({
      most: Math.max(1, Math.floor(settings.connections * WAITING_SHARE)),
    });
  }

  /**
   * @param addresses addresses, or descriptors of sockets that already listen
   * @returns where it listens now, with the port that was chosen for a port 0
   * @throws ListenError; then it listens nowhere
   */
  async listen(addresses: readonly (ListenAddress | number)[]): Promise<ListenAddress[]> {
    try {
      const listening: ListenAddress[] = [];
      for (const address of addresses) listening.push(await this.#listenOn(address));
      return listening;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Accepts no more; open sockets stay open. */
  async close(): Promise<void> {
    for (const server of this.#servers.splice(0)) server.close();
    // net.Server calls back only when all its sockets have ended, but it stops accepting at once.
    await Promise.resolve();
  }

  /** Destroys every socket. */
  destroyAll(): void {
    for (const socket of [...this.#open, ...this.#leaving]) socket.destroy();
  }

  async #listenOn(address: ListenAddress | number): Promise<ListenAddress> {
    const server = createServer(
      { noDelay: true, keepAlive: true, pauseOnConnect: this.#handOut !== null },
      (socket) => {
        try {
          this.#accept(socket);
        } catch (error) {
          this.#log.error({ err: error }, 'connection.fault');
          socket.destroy();
        }
      },
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        reject(new ListenError(sentenceFor(error, address)));
      });
      if (typeof address === 'number') server.listen({ fd: address }, resolve);
      else server.listen({ ...address, ipv6Only: isIPv6(address.host) }, resolve);
    });
    const bound = server.address();
    if (bound === null || typeof bound === 'string') {
      server.close();
      throw new ListenError(`Cannot listen on what was handed over: it is no socket of an IP address.`);
    }
    const { address: host, port } = bound;
    server.removeAllListeners('error');
    server.on(
      'error',
      new FaultGuard(this.#log).on('error', (error: Error) => {
        this.#log.error({ err: error, host, port }, 'connection.not-accepted');
      }),
    );
    this.#servers.push(server);
    return { host, port };
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const source = sourceOf(remoteAddress);
    const full = this.#whyFull(source.bucket);
    if (full !== null) {
      this.#turnAway(source, full.reason);
      this.#takeLeave(socket, source, full.sentence);
    } else if (this.#handOut === null) {
      this.#serve(socket, source);
    } else {
      const placed = this.#handOut.place(socket, source);
      if (this.#admit(placed, socket, source)) placed.hand(this.#placeCallbacks(placed));
    }
  }

  #serve(socket: Socket, source: Source): void {
    if (!this.#admit(socket, socket, source)) return;
    const graceMs = this.#settings.graceSeconds * 1000;
    const arrival = arrivalOf(socket, source, this.#log, graceMs, this.#placeCallbacks(socket));
    arrival.faults.on(() => {
      this.#onArrival(arrival);
    })();
  }

  /** Gives it a place, if need be another's. @returns false when it got none */
  #admit(placed: PlacedSocket, socket: Socket, source: Source): boolean {
    const isTight = this.#open.size >= this.#settings.connections;
    const dropped = this.#waiting.arrives(placed, source.bucket, isTight);
    if (dropped === placed) {
      this.#turnAway(source, 'too many wait');
      this.#takeLeave(socket, source, TOO_MANY);
      return false;
    }
    dropped?.destroy();
    this.#open.add(placed);
    return true;
  }

  #placeCallbacks(placed: PlacedSocket): { loggedIn(): void; closed(): void } {
    return {
      loggedIn: () => {
        this.#waiting.loggedIn(placed);
      },
      closed: () => {
        this.#open.delete(placed);
        this.#waiting.left(placed);
      },
    };
  }

  /** The sentence is null for clients that are told nothing. */
  #whyFull(bucket: string): { readonly reason: TurnedAway; readonly sentence: string | null } | null {
    if (this.#penalised.isPenalised(bucket)) return { reason: 'penalised', sentence: null };
    if (this.#waiting.waitingFrom(bucket) >= this.#settings.connectionsPerSource)
      return { reason: 'too many from there', sentence: TOO_MANY_FROM_THERE };
    return this.#open.size >= this.#settings.connections && this.#waiting.size === 0
      ? { reason: 'too many', sentence: TOO_MANY }
      : null;
  }

  /** Says why in an SSH message, and closes. */
  #takeLeave(socket: Socket, source: Source, sentence: string | null): void {
    if (sentence === null || this.#leaving.size >= FAREWELLS) {
      socket.destroy();
      return;
    }
    this.#leaving.add(socket);
    const faults = new ConnectionFaults(this.#log, { source: source.address }, () => socket.destroy());
    faults.guard(socket);
    const leave = faults.on(() => socket.destroy());
    const impatience = setTimeout(leave, FAREWELL_MS);
    socket.once('close', () => {
      clearTimeout(impatience);
      this.#leaving.delete(socket);
    });
    // Unread bytes would make the kernel take back what was said.
    socket.resume();
    socket.end(turnedAwayBytes(sentence));
  }

  /** At most one warning a minute, with the count since the last: the flood itself must not fill the log. */
  #turnAway(source: Source, reason: TurnedAway): void {
    const { address } = source;
    this.#onTurnedAway(source, reason);
    this.#turnedAway += 1;
    const now = performance.now();
    if (now < this.#quietUntil) return;
    this.#log.warn({ source: address, reason, count: this.#turnedAway }, 'connections.turned-away');
    this.#turnedAway = 0;
    this.#quietUntil = now + QUIET_MS;
  }
}

function sentenceFor(error: NodeJS.ErrnoException, address: ListenAddress | number): string {
  if (typeof address === 'number') return `Cannot listen on what was handed over: ${error.message}.`;
  const { host, port } = address;
  const where = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `Cannot listen on ${where}: another program listens on this port.`;
    case 'EACCES':
      return `Cannot listen on ${where}: the gate may not open ports below 1024: let systemd listen there (postern-gate.socket), or choose a higher one.`;
    case 'EADDRNOTAVAIL':
      return `Cannot listen on ${where}: this machine has no such address.`;
    case 'EAFNOSUPPORT':
      return `Cannot listen on ${where}: this machine has no IPv6.`;
    case 'ENOTFOUND':
      return `Cannot listen on ${where}: no address was found for this name.`;
    default:
      return `Cannot listen on ${where}: ${error.message}.`;
  }
}
