import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Log } from '../log.js';
import { sourceOf, type Source } from './source.js';
import type { LoginSettings } from './ssh-settings.js';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A socket that was let in. */
export interface Arrival {
  readonly socket: Socket;
  readonly source: Source;
  /** To be called at login: stops the grace timer. */
  loggedIn(): void;
}

/** Who is closed before a byte was read. */
export interface Penalised {
  isPenalised(bucket: string): boolean;
}

/** Why an address cannot be listened on, in one sentence for the admin. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** Of all connections, those that have not logged in may be at most this share. */
const WAITING_SHARE = 0.5;
const QUIET_MS = 60_000;

/**
 * The doors: a socket is counted, capped and timed from the moment it is accepted, before any cryptography. ssh2 has
 * no caps and no timer, and does not even show a socket that keeps silent.
 *
 * When too many wait to log in, the one that has waited longest makes room: a flood of silent sockets must not keep
 * out who needs a fraction of a second.
 */
export class Listener {
  readonly #settings: LoginSettings;
  readonly #penalised: Penalised;
  readonly #onArrival: (arrival: Arrival) => void;
  readonly #log: Log;
  readonly #servers: Server[] = [];
  readonly #open = new Set<Socket>();
  readonly #waiting = new Set<Socket>();
  readonly #perSource = new Map<string, number>();
  #turnedAway = 0;
  #quietUntil = 0;

  constructor(
    settings: LoginSettings,
    penalised: Penalised,
    onArrival: (arrival: Arrival) => void,
    log: Log,
  ) {
    this.#settings = settings;
    this.#penalised = penalised;
    this.#onArrival = onArrival;
    this.#log = log;
  }

  /**
   * @param doors addresses, or descriptors of sockets that listen already
   * @returns where it listens now; a port 0 has become the one that was free
   * @throws ListenError; then it listens nowhere
   */
  async listen(doors: readonly (ListenAddress | number)[]): Promise<ListenAddress[]> {
    try {
      const listening: ListenAddress[] = [];
      for (const door of doors) listening.push(await this.#listenOn(door));
      return listening;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Accepts no more; the sockets that are open stay so. */
  async close(): Promise<void> {
    for (const server of this.#servers.splice(0)) server.close();
    // net.Server calls back only when all its sockets have ended; that it accepts no more is true at once.
    await Promise.resolve();
  }

  /** Destroys every socket. */
  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async #listenOn(door: ListenAddress | number): Promise<ListenAddress> {
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
      this.#accept(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        reject(new ListenError(sentenceFor(error, door)));
      });
      if (typeof door === 'number') server.listen({ fd: door }, resolve);
      else server.listen({ ...door, ipv6Only: isIPv6(door.host) }, resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') {
      server.close();
      throw new ListenError(`Cannot listen on what was handed over: it is no socket of an IP address.`);
    }
    const { address: host, port } = address;
    server.removeAllListeners('error');
    server.on('error', (error) => {
      this.#log.error({ err: error, host, port }, 'a connection could not be accepted');
    });
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
    const { bucket } = source;
    const full = this.#whyFull(bucket);
    if (full !== null) {
      this.#turnAway(source, full);
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    this.#perSource.set(bucket, (this.#perSource.get(bucket) ?? 0) + 1);
    this.#makeRoom();
    this.#waiting.add(socket);
    const grace = setTimeout(() => {
      this.#log.debug({ source: source.address }, 'no login in time');
      socket.destroy();
    }, this.#settings.graceSeconds * 1000);
    socket.once('close', () => {
      clearTimeout(grace);
      this.#open.delete(socket);
      this.#waiting.delete(socket);
      const left = (this.#perSource.get(bucket) ?? 1) - 1;
      if (left === 0) this.#perSource.delete(bucket);
      else this.#perSource.set(bucket, left);
    });
    this.#onArrival({
      socket,
      source,
      loggedIn: () => {
        clearTimeout(grace);
        this.#waiting.delete(socket);
      },
    });
  }

  #whyFull(bucket: string): string | null {
    if (this.#penalised.isPenalised(bucket)) return 'penalised';
    if ((this.#perSource.get(bucket) ?? 0) >= this.#settings.connectionsPerSource)
      return 'too many from there';
    return this.#open.size >= this.#settings.connections && this.#waiting.size === 0 ? 'too many' : null;
  }

  /** One warning a minute at most, with the count since the last: the flood itself must not fill the log. */
  #turnAway({ address }: Source, reason: string): void {
    this.#turnedAway += 1;
    const now = performance.now();
    if (now < this.#quietUntil) return;
    this.#log.warn({ source: address, reason, count: this.#turnedAway }, 'connections closed at once');
    this.#turnedAway = 0;
    this.#quietUntil = now + QUIET_MS;
  }

  #makeRoom(): void {
    const most = Math.max(1, Math.floor(this.#settings.connections * WAITING_SHARE));
    const crowded = this.#waiting.size >= most || this.#open.size > this.#settings.connections;
    if (!crowded) return;
    const [longest] = this.#waiting;
    if (longest === undefined) return;
    this.#waiting.delete(longest);
    longest.destroy();
  }
}

function sentenceFor(error: NodeJS.ErrnoException, door: ListenAddress | number): string {
  if (typeof door === 'number') return `Cannot listen on what was handed over: ${error.message}.`;
  const { host, port } = door;
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
