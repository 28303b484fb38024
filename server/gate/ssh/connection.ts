import type { Connection as Ssh2Connection } from 'ssh2';
import type { Identity } from '../session/identity.js';
import type { Session } from '../session/session.js';
import { loginOptions } from '../certificates/login-certificate.js';
import type { Authenticator, LoginAnswer, LoginRefused } from './authenticate.js';
import { ChannelTable } from './channel-table.js';
import { ConnectionChannel, type ChannelOwner } from './connection-channel.js';
import { ConnectionEnd } from './connection-end.js';
import type { ConnectionWaits } from './connection-end.js';
import type { ConnectionFaults } from './connection-faults.js';
import type { ConnectionLog } from './connection-log.js';
import { forgetExchange, forgetLogin } from './ended-exchange.js';
import { HostKeyAnnouncement } from './host-key-announcement.js';
import type { HostKey } from './host-key.js';
import type { AskedClient, KeepAlive, Place } from './keep-alive.js';
import { KeyExchangeGuard } from './key-exchange-guard.js';
import { LoginPhase } from './login-phase.js';
import { changeProtocol } from './protocol-changes.js';
import type { RefusedConnection } from './refused-connections.js';
import { Rekeying, type RekeyLimit } from './rekeying.js';
import type { EqualDelays } from '../scheduling/equal-delays.js';
import type { Source } from './source.js';
import { sendPayload, type Ssh2PrivateParts } from './ssh2-private.js';
import type { SshTerminal } from './ssh-terminal.js';
import type { Transport } from './transport.js';
import type { CustomerTurns } from '../scheduling/customer-turns.js';
import { ChannelSender } from './channel-sender.js';
import { DISCONNECT, disconnectMessage } from './ssh-message.js';

/**
 * What a client may send until it has logged in. Bytes. A hundred certificates that are only offered need less; a stranger's
 * SSH_MSG_IGNORE would never end.
 */
const MOST_BEFORE_LOGIN = 1024 * 1024;

/** What a connection asks the gate, and tells it. */
export interface ConnectionEvents {
  /** @returns a sentence when the login must not be accepted now, though all is right with it */
  refusesLogin(connection: Connection, identity: Identity, login: string): string | null;
  refused(connection: Connection, login: string, refused: LoginRefused): void;
  /** @returns a sentence when this session must not be opened */
  refusesSession(connection: Connection, identity: Identity): string | null;
  /** Its last session channel has gone. */
  emptied(connection: Connection): void;
  /** @returns whether the customer may still be here: keys and customers go away while connections last */
  isStillAllowed(identity: Identity, login: string): boolean;
  openSession(id: string, identity: Identity, terminal: SshTerminal, request: Session['request']): void;
  closed(connection: Connection): void;
}

/** The client's end of a connection, in its layers. */
export interface ConnectionEnds {
  readonly id: string;
  readonly source: Source;
  readonly faults: ConnectionFaults;
  readonly log: ConnectionLog;
  readonly transport: Transport;
  readonly client: Ssh2Connection;
  readonly parts: Ssh2PrivateParts;
  /** The host keys that the client is told of after login. */
  readonly announced: readonly HostKey[];
  /** In which it is served after login. */
  readonly turns: CustomerTurns;
}

/** The limits that all connections have in common. */
export interface ConnectionLimits extends ConnectionWaits {
  readonly tries: number;
  readonly sessionsPerConnection: number;
  readonly rekey: RekeyLimit;
  readonly hours: EqualDelays<Rekeying>;
}

/** The transport of one client, from the first key exchange to the end (RFC 4253, RFC 4252, RFC 4254). */
export class Connection implements AskedClient, ChannelOwner {
  readonly id: string;
  readonly source: Source;
  readonly openedAt = new Date();
  readonly #faults: ConnectionFaults;
  readonly #client: Ssh2Connection;
  readonly #parts: Ssh2PrivateParts;
  readonly #transport: Transport;
  readonly #turns: CustomerTurns;
  readonly #events: ConnectionEvents;
  readonly #log: ConnectionLog;
  readonly #keepAlive: KeepAlive;
  /** Null before login. */
  #place: Place | null = null;
  /** Null once somebody has logged in, as it takes room. */
  #login: LoginPhase | null;
  readonly #rekeying: Rekeying;
  readonly #channels: ChannelTable;
  readonly #keyExchange: KeyExchangeGuard;
  readonly #ending: ConnectionEnd;
  #identity: Identity | null = null;
  #loginName = '';
  /** Whether it sent more than a login takes. */
  #isFlood = false;
  #closed = false;

  constructor(
    { id, source, faults, log, transport, client, parts, announced, turns }: ConnectionEnds,
    limits: ConnectionLimits,
    authenticator: Authenticator,
    events: ConnectionEvents,
    keepAlive: KeepAlive,
  ) {
    this.id = id;
    this.source = source;
    this.#faults = faults;
    faults.identified({ connection: id }, () => {
      this.end(DISCONNECT.byApplication, 'Something went wrong; the fault has been logged.');
    });
    this.#transport = transport;
    this.#turns = turns;
    this.#client = client;
    this.#parts = parts;
    this.#events = events;
    this.#log = log;
    this.#keepAlive = keepAlive;
    const violation = faults.on((what: string) => {
      this.#violation(what);
    });
    const { rekey, hours } = limits;
    this.#rekeying = new Rekeying(client, parts.protocol, rekey, faults.on, violation, hours);
    this.#login = new LoginPhase(parts.protocol, source, limits.tries, authenticator, {
      acceptLogin: (accepted) => this.#acceptLogin(accepted),
      refused: (login, refused) => {
        events.refused(this, login, refused);
      },
      exhausted: () => {
        this.end(DISCONNECT.noMoreAuthMethods, 'Too many authentication failures');
      },
      faulted: (error) => {
        log.lookUpFailed(error);
        this.end(DISCONNECT.byApplication, 'Logging in is not possible now.');
      },
    });
    const sender = new ChannelSender(parts.protocol, transport, this.#rekeying);
    this.#channels = new ChannelTable(parts, sender, limits.sessionsPerConnection, {
      refuses: () => this.#refusesSessions(),
      channel: (number) => new ConnectionChannel(`${id}.${number}`, this),
      emptied: () => {
        events.emptied(this);
        this.#ending.isEmpty();
      },
    });
    const hasSessions = (): boolean => this.#channels.size > 0;
    this.#ending = new ConnectionEnd(limits, faults.on, hasSessions, (sentence) => {
      this.end(DISCONNECT.byApplication, sentence);
    });
    changeProtocol(parts.protocol);
    const hostKeys = new HostKeyAnnouncement(parts.protocol, announced, () => this.#identity !== null);
    client.once('ready', () => {
      this.#guard(() => {
        hostKeys.send();
        forgetExchange(parts.protocol);
        forgetLogin(parts.protocol);
        client.removeAllListeners('authentication');
      });
    });
    this.#keyExchange = new KeyExchangeGuard(parts.protocol);
    this.#listen();
  }

  /** Null before login. */
  get identity(): Identity | null {
    return this.#identity;
  }

  /** The ids of its open sessions. */
  get sessions(): readonly string[] {
    return this.#channels.sessions;
  }

  /** Whether no session channel is open. */
  get isIdle(): boolean {
    return this.#channels.size === 0;
  }

  /**
   * Whether it cost a key exchange, or a flood, and came to nothing, without a failed try (which counts by itself). Such
   * a client asks whose keys are known here, or just keeps the gate busy, and may leave before the exchange is
   * complete.
   */
  get hasWastedWork(): boolean {
    const work = this.#keyExchange.paid || this.#isFlood;
    return work && this.#identity === null && (this.#login?.failedTries ?? 0) === 0;
  }

  /**
   * Why nobody has logged in by it, once it is closed.
   *
   * @throws Error when somebody has
   */
  get refusal(): Omit<RefusedConnection, 'at' | 'source' | 'times'> {
    if (this.#login === null) throw new Error('somebody has logged in');
    return this.#login.refusal(this.id);
  }

  /** Takes no more sessions, and ends when the last one has, or after `leaveMs`. */
  endSoon(sentence: string): void {
    this.#ending.soon(sentence);
  }

  /** For `KeepAlive`. */
  ask(): void {
    this.#guard(() => {
      if (this.#transport.isWritable) this.#parts.protocol.ping();
    });
  }

  /** For `KeepAlive`. */
  gone(): void {
    this.#guard(() => {
      this.#failed(new Error('Keepalive timeout'));
    });
  }

  /** Tells the client why, and closes. Twice is harmless. */
  end(reason: number = DISCONNECT.byApplication, sentence = ''): void {
    if (this.#transport.isWritable) {
      try {
        sendPayload(this.#parts.protocol, disconnectMessage(reason, sentence), true);
      } catch (error) {
        this.#log.farewellUnsent(error);
      }
    }
    this.#transport.close();
  }

  #listen(): void {
    const client = this.#client;
    client.on('authentication', (context) => {
      this.#guard(() => {
        this.#login?.request(context);
      });
    });
    // With a listener ssh2 heeds no-more-sessions@openssh.com; everything that gets here is forwarding.
    client.on('request', (_accept, reject) => {
      this.#guard(() => {
        reject?.();
      });
    });
    client.on('session', (accept, reject) => {
      this.#guard(() => {
        if (this.#identity === null || this.#closed) {
          reject();
          return;
        }
        this.#channels.open(accept());
        this.#ending.isUsed();
      });
    });
    client.on('error', (error) => {
      this.#guard(() => {
        this.#failed(error);
      });
    });
    client.on('close', () => {
      this.#guard(() => {
        this.#close();
      });
    });
    const flush = (): void => {
      this.#guard(() => {
        this.#channels.flush();
      });
    };
    client.on('rekey', () => {
      this.#guard(() => {
        this.#rekeying.exchanged();
        forgetExchange(this.#parts.protocol);
        this.#channels.flush();
      });
    });
    this.#transport.onDrain(flush);
    let read = 0;
    this.#transport.afterRead = () => {
      const { bytesRead } = this.#parts.socket;
      this.#guard(() => {
        this.#rekeying.count(bytesRead - read);
      });
      if (this.#place !== null) this.#keepAlive.heard(this.#place);
      read = bytesRead;
      if (this.#identity !== null || bytesRead <= MOST_BEFORE_LOGIN) return;
      this.#guard(() => {
        this.#endFlood();
      });
    };
  }

  #failed(error: Error): void {
    if (!this.#closed) {
      this.#login?.failed(error.message);
      this.#log.failed(error.message, this.#identity === null);
    }
    this.#transport.close();
  }

  #acceptLogin({ found, login, verified }: Extract<LoginAnswer, { kind: 'accepted' }>): boolean {
    const identity: Identity = Object.freeze({
      customer: found.customer,
      fingerprint: found.key.fingerprint,
      verified,
      ...(found.certificate === undefined ? {} : { certificate: found.certificate }),
      source: this.source.address,
      connection: this.id,
      domain: found.domain,
    });
    const no = this.#events.refusesLogin(this, identity, login);
    if (no !== null) {
      this.#login?.turnedAway(no);
      this.end(DISCONNECT.byApplication, no);
      return false;
    }
    this.#identity = identity;
    this.#login?.over();
    this.#login = null;
    this.#loginName = login;
    this.#transport.loggedIn(identity.customer, this.#turns);
    this.#rekeying.loggedIn();
    this.#place = this.#keepAlive.watch(this);
    this.#ending.isEmpty();
    return true;
  }

  /** For its channels, like all that follows. */
  get mayHavePty(): boolean {
    return loginOptions(this.#identity?.certificate)?.permitsPty ?? true;
  }

  started(session: string, terminal: SshTerminal, wanted: Session['request']): void {
    if (this.#identity === null) return;
    const command = loginOptions(this.#identity.certificate)?.forceCommand ?? null;
    const request = command === null ? wanted : ({ kind: 'exec', command } as const);
    this.#events.openSession(session, this.#identity, terminal, request);
  }

  inTurn(work: () => void): void {
    this.#transport.inTurn(work);
  }

  violation(what: string): void {
    this.#guard(() => {
      this.#violation(what);
    });
  }

  faulted(session: string, error: unknown): void {
    this.#log.sessionFault(session, error);
  }

  broken(error: unknown): void {
    this.#guard(() => {
      throw error;
    });
  }

  /** @returns a sentence when no more sessions may be opened on this connection */
  #refusesSessions(): string | null {
    // ssh2 itself refuses a client that has not logged in.
    if (this.#identity === null || this.#ending.sentence !== null) return this.#ending.sentence;
    if (this.#events.isStillAllowed(this.#identity, this.#loginName)) {
      return this.#events.refusesSession(this, this.#identity);
    }
    const sentence = 'You are no longer allowed to log in.';
    this.end(DISCONNECT.byApplication, sentence);
    return sentence;
  }

  #violation(what: string): void {
    if (this.#closed || !this.#transport.isWritable) return;
    this.#login?.failed(`the client ${what}`);
    this.#log.brokeProtocol(what, this.#identity === null);
    this.end(DISCONNECT.protocolError, `The client ${what}.`);
  }

  /** Closes without a word, because the client does not listen. All customers would wait while more of it is read. */
  #endFlood(): void {
    if (this.#closed || !this.#transport.isWritable) return;
    const what = `sent more than ${MOST_BEFORE_LOGIN / 1024} KiB before it logged in`;
    this.#login?.failed(`the client ${what}`);
    this.#log.brokeProtocol(what, true);
    this.#isFlood = true;
    this.#transport.destroy();
  }

  /** A fault while serving one connection ends that connection. */
  #guard(work: () => void): void {
    this.#faults.on(work)();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transport.closed();
    this.#ending.over();
    this.#rekeying.dispose();
    if (this.#place !== null) this.#keepAlive.forget(this.#place);
    this.#place = null;
    this.#channels.closeAll();
    this.#events.closed(this);
  }
}
