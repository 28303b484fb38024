import type { Socket } from 'node:net';
import type { Connection as Ssh2Connection, Server as Ssh2Server } from 'ssh2';
import type { CustomerName, Fingerprint } from '../../../policy/names.js';
import type { Identity } from '../session/identity.js';
import type { Logger } from '../../wire/logger.js';
import type { Revocation, Tracked } from '../access/revocation.js';
import type { SessionHandler } from '../session/session.js';
import type { SessionInfo } from '../session/session-info.js';
import type { RateLimit } from '../access/customer-rate-limit.js';
import { Authenticator, type Accounts, type Counters } from './authenticate.js';
import { CertificateLogin, type CertificateLoginParts } from './certificate-login.js';
import { CustomerTurns } from '../scheduling/customer-turns.js';
import { Connection, type ConnectionEvents, type ConnectionLimits } from './connection.js';
import { ConnectionLog } from './connection-log.js';
import { ConnectionsInProcess } from './connections-in-process.js';
import type { ConnectionPlaces } from './customer-connections.js';
import type { Front } from './front.js';
import type { HostKeysInUse } from './host-keys.js';
import { KeepAlive } from './keep-alive.js';
import type { Arrival } from './arrival.js';
import type { ListenAddress } from './listener.js';
import { whyNoHybrid } from './hybrid-key-exchange.js';
import { LoginRecheck } from './login-recheck.js';
import { LoginRecord, type AuditLog } from './login-record.js';
import { hasNativeCrypto } from './native-crypto.js';
import { connectionInfo, OpenConnections } from './open-connections.js';
import type { ConnectionInfo } from './open-connections.js';
import type { RateLimitedLog } from './rate-limited-log.js';
import { REKEY, Rekeying, type RekeyLimit } from './rekeying.js';
import { SessionRegistry } from './session-registry.js';
import { SignatureCheck } from './signature-check.js';
import { privateParts } from './ssh2-private.js';
import { ssh2Server } from './ssh2-server.js';
import type { SshSettings } from './ssh-settings.js';
import { terminalText } from './terminal-text.js';
import { Transport } from './transport.js';
import { DISCONNECT } from './ssh-message.js';
import { whyNoWholeSignature } from './whole-signature.js';

/**
 * A connection without a session channel, such as `ssh -N`, holds a place for nothing: it is closed after a
 * minute.
 */
const IDLE_MS = 60 * 1000;
/** How long its sessions may take to end when a connection is to end. */
const LEAVE_MS = 10_000;
/** How long sessions, and then connections, may take to end when the gate closes. */
const CLOSE_MS = 3000;

/** A connection needs no right on any domain. */
const STANDING_ONLY = (): null => null;

/** Where a used key is noted: `store.keyUse`. */
export interface KeyUse extends Counters {
  /** @returns settles once it is noted; rejects at a fault */
  touch(customer: CustomerName, fingerprint: Fingerprint): Promise<void>;
}

export interface SshGateParts {
  readonly settings: SshSettings;
  readonly hostKeys: HostKeysInUse;
  readonly accounts: Accounts;
  /** When left out, nobody logs in by a certificate. */
  readonly certificates?: CertificateLoginParts;
  readonly keyUse: KeyUse;
  readonly audit: AuditLog;
  readonly handler: SessionHandler;
  /** Ends connections when the right to be here goes. When left out, nothing ends them. */
  readonly revocation?: Pick<Revocation, 'track'>;
  readonly log: Logger;
  /** The log for what strangers do: one for the gate. */
  readonly strangers: RateLimitedLog;
  /** Limits the connections of each customer; when left out, as the settings say. */
  readonly connections?: ConnectionPlaces;
  /** Limits how fast a customer may log in and open sessions. */
  readonly openings?: RateLimit;
  /** Where connections come from. */
  readonly front: Front;
  /** In which customers are served; when left out, they share no turns with consoles. */
  readonly turns?: CustomerTurns;
  /** What the ids of connections begin with, in a gate of several processes; at most four hex digits. */
  readonly idPrefix?: string;
  /**
   * For tests: when to ask for new keys, how long to wait for a session or for the end of sessions, what
   * verifies.
   */
  readonly rekey?: Partial<RekeyLimit>;
  readonly idleMs?: number;
  readonly leaveMs?: number;
  readonly signatureCheck?: SignatureCheck;
}

/** Live sessions, for admins and for revocation. */
export interface LiveSessions {
  list(): SessionInfo[];
  /** Connections that have logged in and have no session. */
  withoutSession(): ConnectionInfo[];
  /** @returns false when there is no such session, and no such connection without one */
  end(id: string, sentence: string): boolean;
  /** Ends sessions only. @returns how many were ended */
  endWhere(predicate: (session: SessionInfo) => boolean, sentence: string): number;
}

/**
 * The SSH front of the gate: listens, authenticates, and hands each session over. It decides who comes in,
 * never what they may do.
 */
export class SshGate {
  readonly sessions: LiveSessions;
  readonly #parts: SshGateParts;
  readonly #limits: ConnectionLimits;
  readonly #strangers: RateLimitedLog;
  readonly #keepAlive: KeepAlive;
  readonly #record: LoginRecord;
  readonly #registry: SessionRegistry;
  readonly #customers: ConnectionPlaces;
  readonly #authenticator: Authenticator;
  readonly #recheck: LoginRecheck;
  readonly #front: Front;
  readonly #turns: CustomerTurns;
  #server: Ssh2Server;
  readonly #arrivals = new WeakMap<Socket, { arrival: Arrival; transport: Transport }>();
  readonly #connections: OpenConnections;
  readonly #tracked = new Map<string, Tracked>();
  readonly #events: ConnectionEvents;

  /** @throws Error when this is not the ssh2 that the gate was written for, in one sentence for the admin */
  constructor(parts: SshGateParts) {
    const why = whyNoHybrid() ?? whyNoWholeSignature();
    if (why !== null) throw new Error(why);
    const { settings, handler, log } = parts;
    this.#parts = parts;
    const rekey = { ...REKEY, ...parts.rekey };
    this.#limits = {
      tries: settings.login.tries,
      sessionsPerConnection: settings.login.sessionsPerConnection,
      rekey,
      hours: Rekeying.hours(rekey),
      idleMs: parts.idleMs ?? IDLE_MS,
      leaveMs: parts.leaveMs ?? LEAVE_MS,
    };
    this.#connections = new OpenConnections(parts.idPrefix ?? '');
    this.#strangers = parts.strangers;
    this.#keepAlive = new KeepAlive({ settings: settings.keepAlive, log });
    this.#record = new LoginRecord(parts.audit, log, this.#strangers, parts.openings);
    this.#registry = new SessionRegistry(handler, this.#record, terminalText(settings.motd), log);
    const usual = settings.login.connectionsPerCustomer;
    this.#customers = parts.connections ?? new ConnectionsInProcess(() => usual);
    this.sessions = {
      list: () => this.#registry.list(),
      withoutSession: () => this.#withoutSession().map(connectionInfo),
      end: (id, sentence) => this.#registry.end(id, sentence) || this.#endConnection(id, sentence),
      endWhere: (predicate, sentence) => this.#registry.endWhere(predicate, sentence),
    };
    const { accounts, certificates, keyUse, signatureCheck: check = new SignatureCheck() } = parts;
    const certified = certificates === undefined ? null : new CertificateLogin(check, keyUse, certificates);
    this.#authenticator = new Authenticator(accounts, check, keyUse, certified);
    this.#recheck = new LoginRecheck(accounts, certificates ?? null);
    this.#front = parts.front;
    this.#turns = parts.turns ?? new CustomerTurns();
    const makeServer = (): Ssh2Server =>
      ssh2Server(settings, parts.hostKeys, (client) => {
        this.#identified(client);
      });
    this.#server = makeServer();
    // Connections that are open keep the server that they came to, and its keys.
    parts.hostKeys.onChange(() => {
      this.#server = makeServer();
    });
    this.#events = this.#makeEvents();
  }

  /** The accounts that decide about logins. */
  get accounts(): Accounts {
    return this.#parts.accounts;
  }

  /** The parts that decide about logins by certificates; null: none is taken. */
  get certificates(): CertificateLoginParts | null {
    return this.#parts.certificates ?? null;
  }

  /** @returns a sentence when the customer could not open one more connection */
  refusesConnection(customer: CustomerName): string | null {
    return this.#customers.refuses(customer);
  }

  /**
   * @returns the addresses; where port 0 was asked for, with the port that was chosen
   * @throws ListenError
   */
  async listen(): Promise<ListenAddress[]> {
    if (!hasNativeCrypto()) this.#parts.log.warn({}, 'ssh.native-part-missing');
    return this.#front.listen((arrival) => {
      this.#arrived(arrival);
    });
  }

  /** Stops logins, shows each session the sentence, then closes everything, within some seconds. */
  async close(sentence: string): Promise<void> {
    await this.#front.close();
    this.#registry.endWhere(() => true, sentence);
    for (const connection of this.#connections) connection.endSoon(sentence);
    await this.#connections.untilAllClosed(CLOSE_MS);
    for (const connection of this.#connections) connection.end(DISCONNECT.byApplication, sentence);
    this.#front.destroyAll();
    await this.#connections.untilAllClosed(CLOSE_MS);
  }

  #arrived(arrival: Arrival): void {
    const transport = new Transport(arrival.socket, arrival.faults.on);
    this.#arrivals.set(arrival.socket, { arrival, transport });
    // ssh2 keeps what it says first as long as the connection. A piece of Node.js's pool would keep all 64 KiB of it.
    const { poolSize } = Buffer;
    Buffer.poolSize = 0;
    try {
      this.#server.injectSocket(arrival.socket);
    } finally {
      Buffer.poolSize = poolSize;
    }
  }

  /** Called when the client has sent its identification line. */
  #identified(client: Ssh2Connection): void {
    const { log } = this.#parts;
    // Without a listener, an 'error' would end the whole gate.
    client.on('error', () => undefined);
    const parts = privateParts(client);
    const arrived = parts?.socket;
    const known = arrived === undefined ? undefined : this.#arrivals.get(arrived);
    if (parts === null || arrived === undefined || known === undefined) {
      log.error({}, 'ssh.library-unknown');
      client.end();
      return;
    }
    this.#arrivals.delete(arrived);
    const { arrival, transport } = known;
    const { source } = arrival;
    const id = this.#connections.newId();
    const ends = {
      id,
      source,
      log: new ConnectionLog(log, this.#strangers, source, id),
      faults: arrival.faults,
      transport,
      client,
      parts,
      announced: this.#parts.hostKeys.announced,
      turns: this.#turns,
    };
    const events: ConnectionEvents = {
      ...this.#events,
      refusesLogin: (connection, identity, login) => {
        const no = this.#events.refusesLogin(connection, identity, login);
        if (no === null) arrival.loggedIn();
        return no;
      },
    };
    try {
      const connection = new Connection(ends, this.#limits, this.#authenticator, events, this.#keepAlive);
      this.#connections.add(connection);
    } catch (error) {
      log.error({ connection: id, err: error }, 'connection.fault');
      transport.destroy();
    }
  }

  #makeEvents(): ConnectionEvents {
    return {
      refusesLogin: (connection, identity, login) => {
        const no = this.#record.refusesOpening(identity) ?? this.#customers.join(identity, connection);
        if (no !== null) return no;
        this.#front.succeeded(connection.source);
        this.#record.accepted(identity, login);
        this.#track(connection, identity);
        // A certificate's key is not registered; where it is as well, that one was not used.
        if (identity.certificate !== undefined) return null;
        this.#noteUse(connection, identity);
        return null;
      },
      refused: (connection, login, refused) => {
        this.#front.refused(connection.source, connection.id, login, refused);
      },
      refusesSession: (connection, identity) =>
        this.#record.refusesOpening(identity) ?? this.#customers.use(connection),
      emptied: (connection) => {
        this.#customers.rest(connection);
      },
      isStillAllowed: (identity, login) => this.#recheck.isStillAllowed(identity, login),
      openSession: (...session) => {
        this.#registry.open(...session);
      },
      closed: (connection) => {
        this.#connections.delete(connection);
        this.#tracked.get(connection.id)?.forget();
        this.#tracked.delete(connection.id);
        const { identity } = connection;
        if (identity !== null) {
          this.#customers.leave(identity.customer, connection);
          this.#record.closed(identity, Math.round((Date.now() - connection.openedAt.getTime()) / 1000));
        } else if (connection.hasWastedWork) {
          this.#front.wasted(connection.source);
        }
        if (identity === null) this.#front.closed(connection);
      },
    };
  }

  #noteUse({ id }: Connection, { customer, fingerprint }: Identity): void {
    this.#parts.keyUse.touch(customer, fingerprint).catch((error: unknown) => {
      this.#parts.log.error({ connection: id, err: error }, 'key.use-not-noted');
    });
  }

  /** Ends the connection with its sessions when its customer may not be here any more. */
  #track(connection: Connection, identity: Identity): void {
    const tracked = this.#parts.revocation?.track({
      identity,
      needs: STANDING_ONLY,
      end: (sentence) => {
        for (const session of connection.sessions) this.#registry.end(session, sentence);
        connection.endSoon(sentence);
      },
    });
    if (tracked !== undefined) this.#tracked.set(connection.id, tracked);
  }

  #withoutSession(): Connection[] {
    return this.#connections.without(this.#registry.list());
  }

  #endConnection(id: string, sentence: string): boolean {
    const connection = this.#withoutSession().find((one) => one.id === id);
    connection?.end(DISCONNECT.byApplication, sentence);
    return connection !== undefined;
  }
}
