import type { Logger } from '../../wire/logger.js';
import type { LoginRefused } from './authenticate.js';
import type { Arrival } from './arrival.js';
import type { HandOut, ListenAddress } from './listener.js';
import { Listener } from './listener.js';
import type { TurnedAway } from './listener.js';
import { LoginRecord, type AuditLog } from './login-record.js';
import { Penalties } from './penalties.js';
import type { RateLimitedLog } from './rate-limited-log.js';
import { RefusedConnections } from './refused-connections.js';
import type { RefusedConnection } from './refused-connections.js';
import type { Source } from './source.js';
import { sourceOf } from './source.js';
import type { SshSettings } from './ssh-settings.js';

/** A connection by which nobody has logged in, once it is closed. */
export interface ClosedConnection {
  readonly refusal: Omit<RefusedConnection, 'at' | 'source' | 'times'>;
  readonly source: Source;
  readonly openedAt: Date;
}

/** The listening sockets, and what is remembered of those who did not come in. There is one for a gate. */
export interface Front {
  /**
   * @param onArrival takes each connection that has a place
   * @returns the addresses; where port 0 was asked for, with the port that was chosen
   * @throws ListenError
   */
  listen(onArrival: (arrival: Arrival) => void): Promise<ListenAddress[]>;
  /** Accepts no more; open connections stay open. */
  close(): Promise<void>;
  /** Destroys every connection. */
  destroyAll(): void;
  /** A try to log in was refused: it is recorded, and counts for its source. */
  refused(source: Source, connection: string, login: string, refused: LoginRefused): void;
  /** A connection cost a key exchange, or a flood, and came to nothing. */
  wasted(source: Source): void;
  /** Somebody from there has logged in. */
  succeeded(source: Source): void;
  /** A connection by which nobody has logged in is closed. */
  closed(connection: ClosedConnection): void;
}

interface LocalFrontParts {
  readonly settings: Pick<SshSettings, 'login' | 'listen'>;
  /** Descriptors of sockets that already listen; they replace the addresses of the settings. */
  readonly handed?: readonly number[];
  readonly audit: AuditLog;
  readonly log: Logger;
  /** The log for what strangers do: one for the gate. */
  readonly strangers: RateLimitedLog;
  /** Whether a login name is a customer's or a domain's. When left out, none is. */
  readonly isKnown?: ((login: string) => boolean) | undefined;
  /** When other processes serve the connections: then nothing arrives here. */
  readonly handOut?: HandOut;
}

/** Listens in this process, and remembers here. */
export class LocalFront implements Front {
  /** The last connections by which nobody has logged in. */
  readonly refusedConnections: RefusedConnections;
  readonly #parts: LocalFrontParts;
  readonly #penalties: Penalties;
  readonly #record: LoginRecord;
  #listener: Listener | null = null;

  constructor(parts: LocalFrontParts) {
    const { settings, audit, log, strangers, isKnown } = parts;
    this.#parts = parts;
    this.#penalties = new Penalties(settings.login);
    this.#record = new LoginRecord(audit, log, strangers);
    this.refusedConnections = new RefusedConnections(isKnown);
  }

  listen(onArrival: (arrival: Arrival) => void): Promise<ListenAddress[]> {
    const { settings, handed = [], log, handOut = null } = this.#parts;
    const turnedAway = (source: Source, reason: TurnedAway): void => {
      this.refusedConnections.closedAtOnce(source, reason);
    };
    this.#listener = new Listener(settings.login, this.#penalties, onArrival, log, turnedAway, handOut);
    return this.#listener.listen(handed.length > 0 ? handed : settings.listen);
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }

  destroyAll(): void {
    this.#listener?.destroyAll();
  }

  /** Whether connections from this address are closed at once. */
  isPenalised(address: string): boolean {
    return this.#penalties.isPenalised(sourceOf(address).bucket);
  }

  refused(source: Source, connection: string, login: string, refused: LoginRefused): void {
    this.#record.refused(source, connection, login, refused);
    this.wasted(source);
  }

  wasted(source: Source): void {
    const seconds = this.#penalties.refused(source.bucket);
    if (seconds > 0) this.#record.penalised(source, seconds);
  }

  succeeded(source: Source): void {
    this.#penalties.succeeded(source.bucket);
  }

  closed(connection: ClosedConnection): void {
    this.refusedConnections.closed(connection, this.#parts.settings.login.graceSeconds * 1000);
  }
}
