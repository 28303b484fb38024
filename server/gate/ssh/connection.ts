import type { Connection as Ssh2Connection } from 'ssh2';
import type { CertificateOptions } from '../certificates/certificate-options.js';
import type { Identity } from '../session/identity.js';
import type { Logger } from '../../wire/logger.js';
import type { Session } from '../session/session.js';
import { printable } from '../../../policy/printable.js';
import type { Authenticator, LoginAnswer, LoginRefused, LoginRequest } from './authenticate.js';
import { ChannelTable } from './channel-table.js';
import type { ConnectionFaults } from './connection-faults.js';
import { forgetExchange } from './ended-exchange.js';
import { announceSignatureAlgorithms } from './extension-info.js';
import { acceptRightGuesses } from './first-packet-guess.js';
import { offerHybrid } from './hybrid-key-exchange.js';
import { HostKeyAnnouncement } from './host-key-announcement.js';
import type { HostKey } from './host-key.js';
import { leaveOutSha1 } from './host-key-offer.js';
import type { AskedClient, KeepAlive, Place } from './keep-alive.js';
import { KeyExchangeGuard } from './key-exchange-guard.js';
import { Login } from './login.js';
import type { RateLimitedLog } from './rate-limited-log.js';
import type { RefusedConnection } from './refused-connections.js';
import { RefusalNotes } from './refusal-notes.js';
import { takeMessagesInRekeys } from './rekey-messages.js';
import { Rekeying, type RekeyLimit } from './rekeying.js';
import type { Source } from './source.js';
import { sendPayload, type Ssh2PrivateParts } from './ssh2-private.js';
import type { ChannelEvents } from './session-channel.js';
import type { SshTerminal } from './ssh-terminal.js';
import { leaveOutTerminalModes } from './terminal-modes.js';
import type { Transport } from './transport.js';
import type { CustomerTurns } from '../scheduling/customer-turns.js';
import { keepWholeSignature } from './whole-signature.js';
import { ChannelSender } from './channel-sender.js';
import { DISCONNECT, disconnectMessage } from './ssh-message.js';

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
  readonly transport: Transport;
  readonly client: Ssh2Connection;
  readonly parts: Ssh2PrivateParts;
  /** The host keys that the client is told of after login. */
  readonly announced: readonly HostKey[];
  /** In which it is served after login. */
  readonly turns: CustomerTurns;
}

/** The limits that all connections have in common. */
export interface ConnectionLimits {
  readonly tries: number;
  readonly sessionsPerConnection: number;
  readonly rekey: RekeyLimit;
  /** How long a connection may stay without a session channel. */
  readonly idleMs: number;
  /** How long its sessions may take to end when a connection is to end. */
  readonly leaveMs: number;
}

/** The transport of one client, from the first key exchange to the end (RFC 4253, RFC 4252, RFC 4254). */
export class Connection implements AskedClient {
  readonly id: string;
  readonly source: Source;
  readonly openedAt = new Date();
  readonly #faults: ConnectionFaults;
  readonly #client: Ssh2Connection;
  readonly #parts: Ssh2PrivateParts;
  readonly #transport: Transport;
  readonly #turns: CustomerTurns;
  readonly #limits: ConnectionLimits;
  readonly #events: ConnectionEvents;
  readonly #log: Logger;
  readonly #strangers: RateLimitedLog;
  readonly #keepAlive: KeepAlive;
  /** Null before login. */
  #place: Place | null = null;
  /** Null once somebody has logged in, as the two take room. */
  #login: Login | null;
  #notes: RefusalNotes | null;
  readonly #rekeying: Rekeying;
  readonly #channels: ChannelTable;
  readonly #keyExchange: KeyExchangeGuard;
  #identity: Identity | null = null;
  #loginName = '';
  #idle: NodeJS.Timeout | undefined;
  /** The sentence for the client, set once the connection only waits for its sessions to end. */
  #endWith: string | null = null;
  #closed = false;

  constructor(
    { id, source, faults, transport, client, parts, announced, turns }: ConnectionEnds,
    limits: ConnectionLimits,
    authenticator: Authenticator,
    events: ConnectionEvents,
    log: Logger,
    strangers: RateLimitedLog,
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
    this.#limits = limits;
    this.#events = events;
    this.#log = log;
    this.#strangers = strangers;
    this.#keepAlive = keepAlive;
    const violation = faults.on((what: string) => {
      this.#violation(what);
    });
    this.#rekeying = new Rekeying(client, parts.protocol, limits.rekey, faults.on, violation);
    const from = { source: source.address };
    const asked = { answer: (request: LoginRequest) => authenticator.answer({ ...request, ...from }) };
    const notes = new RefusalNotes(parts.protocol, asked);
    this.#notes = notes;
    this.#login = new Login(notes.tries, limits.tries, keepWholeSignature(parts.protocol), {
      acceptLogin: (accepted) => this.#acceptLogin(accepted),
      refused: (login, refused) => {
        events.refused(this, login, refused);
      },
      exhausted: () => {
        this.end(DISCONNECT.noMoreAuthMethods, 'Too many authentication failures');
      },
      faulted: (error) => {
        this.#notes?.lookUpFailed();
        log.error({ connection: id, err: error }, 'login.lookup-failed');
        this.end(DISCONNECT.byApplication, 'Logging in is not possible now.');
      },
    });
    const sender = new ChannelSender(parts.protocol, transport, this.#rekeying);
    this.#channels = new ChannelTable(parts, sender, limits.sessionsPerConnection, {
      refuses: () => this.#refusesSessions(),
      channel: (number) => this.#channelEvents(`${id}.${number}`, violation),
      emptied: () => {
        events.emptied(this);
        this.#watchIdle();
      },
    });
    leaveOutSha1(parts.protocol);
    offerHybrid(parts.protocol);
    announceSignatureAlgorithms(parts.protocol);
    acceptRightGuesses(parts.protocol);
    leaveOutTerminalModes(parts.protocol);
    takeMessagesInRekeys(parts.protocol);
    const hostKeys = new HostKeyAnnouncement(parts.protocol, announced, () => this.#identity !== null);
    client.once('ready', () => {
      this.#guard(() => {
        hostKeys.send();
        forgetExchange(parts.protocol);
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
   * Whether it cost a key exchange and came to nothing, without a failed try (which counts by itself). Such a
   * client asks whose keys are known here, or just keeps the gate busy, and may leave before the exchange is
   * complete.
   */
  get hasWastedKeyExchange(): boolean {
    return this.#keyExchange.paid && this.#identity === null && (this.#login?.failedTries ?? 0) === 0;
  }

  /**
   * Why nobody has logged in by it, once it is closed.
   *
   * @throws Error when somebody has
   */
  get refusal(): Omit<RefusedConnection, 'at' | 'source' | 'times'> {
    if (this.#notes === null) throw new Error('somebody has logged in');
    return this.#notes.refusal(this.id);
  }

  /** Takes no more sessions, and ends when the last one has, or after `leaveMs`. */
  endSoon(sentence: string): void {
    if (this.#endWith !== null) return;
    this.#endWith = sentence;
    this.#forgetIdle();
    // Others call it, and a fault here is not theirs.
    const end = this.#faults.on(() => {
      this.end(DISCONNECT.byApplication, sentence);
    });
    if (this.#channels.size === 0) end();
    else this.#idle = setTimeout(end, this.#limits.leaveMs);
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
        this.#log.debug({ connection: this.id, err: error }, 'connection.farewell-unsent');
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
        if (this.#endWith === null) this.#forgetIdle();
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
    };
  }

  #failed(error: Error): void {
    if (!this.#closed) {
      this.#notes?.failed(error.message);
      const fields = { connection: this.id, reason: printable(error.message, 200) };
      if (this.#identity === null) this.#strangers.info(this.source, fields, 'connection.failed');
      else this.#log.info(fields, 'connection.failed');
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
      this.#notes?.turnedAway(no);
      this.end(DISCONNECT.byApplication, no);
      return false;
    }
    this.#identity = identity;
    this.#notes?.loggedIn();
    this.#notes = null;
    this.#login = null;
    this.#loginName = login;
    this.#transport.loggedIn(identity.customer, this.#turns);
    this.#rekeying.loggedIn();
    this.#place = this.#keepAlive.watch(this);
    this.#watchIdle();
    return true;
  }

  #channelEvents(session: string, violation: (what: string) => void): ChannelEvents {
    return {
      session,
      mayHavePty: optionsOf(this.#identity)?.permitsPty ?? true,
      started: (terminal, wanted) => {
        if (this.#identity === null) return;
        const command = optionsOf(this.#identity)?.forceCommand ?? null;
        const request = command === null ? wanted : ({ kind: 'exec', command } as const);
        this.#events.openSession(session, this.#identity, terminal, request);
      },
      inTurn: (work) => {
        this.#transport.inTurn(work);
      },
      violation,
      faulted: (error) => {
        this.#log.error({ connection: this.id, session, err: error }, 'session.fault');
      },
      broken: this.#faults.on((error: unknown) => {
        throw error;
      }),
    };
  }

  #watchIdle(): void {
    if (this.#channels.size > 0 || this.#closed) return;
    if (this.#endWith !== null) {
      this.end(DISCONNECT.byApplication, this.#endWith);
      return;
    }
    this.#forgetIdle();
    const end = this.#faults.on(() => {
      this.end(DISCONNECT.byApplication, 'No session was open for a while.');
    });
    this.#idle = setTimeout(end, this.#limits.idleMs);
    this.#idle.unref();
  }

  /** A timer that has been stopped takes as much room as one that runs. */
  #forgetIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
  }

  /** @returns a sentence when no more sessions may be opened on this connection */
  #refusesSessions(): string | null {
    // ssh2 itself refuses a client that has not logged in.
    if (this.#identity === null || this.#endWith !== null) return this.#endWith;
    if (this.#events.isStillAllowed(this.#identity, this.#loginName)) {
      return this.#events.refusesSession(this, this.#identity);
    }
    const sentence = 'You are no longer allowed to log in.';
    this.end(DISCONNECT.byApplication, sentence);
    return sentence;
  }

  #violation(what: string): void {
    if (this.#closed || !this.#transport.isWritable) return;
    this.#notes?.failed(`the client ${what}`);
    const fields = { connection: this.id, client: what };
    if (this.#identity === null) this.#strangers.warn(this.source, fields, 'connection.broke-protocol');
    else this.#log.warn({ source: this.source.address, ...fields }, 'connection.broke-protocol');
    this.end(DISCONNECT.protocolError, `The client ${what}.`);
  }

  /** A fault while serving one connection ends that connection. */
  #guard(work: () => void): void {
    this.#faults.on(work)();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transport.closed();
    this.#forgetIdle();
    this.#rekeying.dispose();
    if (this.#place !== null) this.#keepAlive.forget(this.#place);
    this.#place = null;
    this.#channels.closeAll();
    this.#events.closed(this);
  }
}

/** What a certificate demands and permits; null for a login by a registered key. */
function optionsOf(identity: Identity | null): CertificateOptions | null {
  const options = identity?.certificate?.certificate.options ?? null;
  return typeof options === 'string' ? null : options;
}
