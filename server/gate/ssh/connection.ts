import type { Connection as Ssh2Connection, Session as Ssh2Session } from 'ssh2';
import type { Identity } from '../identity.js';
import type { Session } from '../session.js';
import type { Authenticator, LoginFound } from './authenticate.js';
import { INPUT_WINDOW } from './channel-input.js';
import type { GateLog } from './gate-log.js';
import { Login } from './login.js';
import { printableReason } from './printable.js';
import { Rekeying } from './rekeying.js';
import { SessionChannel } from './session-channel.js';
import type { Source } from './source.js';
import { sendPayload, type Ssh2PrivateParts } from './ssh2-private.js';
import type { SshTerminal } from './ssh-terminal.js';
import type { Transport } from './transport.js';
import { Wire } from './wire.js';
import { DISCONNECT, disconnectMessage, signatureAlgorithmsMessage } from './wire-message.js';

/** What the gate wants to hear of a connection. */
export interface ConnectionEvents {
  accepted(connection: Connection, identity: Identity, login: string): void;
  refused(
    connection: Connection,
    login: string,
    because: string,
    fingerprint: Identity['fingerprint'] | null,
  ): void;
  /** @returns whether who logged in may still open a session: keys and customers go away while connections last */
  stillWelcome(identity: Identity, login: string): boolean;
  session(connection: Connection, terminal: SshTerminal, request: Session['request'], number: number): void;
  closed(connection: Connection): void;
}

/** What connections have in common. */
export interface ConnectionLimits {
  readonly tries: number;
  readonly sessionsPerConnection: number;
  readonly rekey: { readonly bytes: number; readonly ms: number };
  /** How long a connection may stay without a session channel. */
  readonly idleMs: number;
}

/** RFC 4254 §5.1. */
const OPEN_FAILURE = { prohibited: 1, resourceShortage: 4 } as const;
/** OpenSSH sends 32 KiB at most; a client that takes less than 1 KiB a packet would be served at a crawl, or not at all. */
const PACKET_SIZE = { least: 1024, most: 32 * 1024 } as const;
/** Session channels opened and closed over the life of one connection. */
const MOST_CHANNELS = 1000;
/** What the sessions of a connection that is to end may take over it. */
const LEAVE_MS = 10_000;

/** The transport of one client, from the first key exchange to the end (RFC 4253, RFC 4252, RFC 4254). */
export class Connection {
  readonly id: string;
  readonly source: Source;
  readonly openedAt = new Date();
  readonly #client: Ssh2Connection;
  readonly #parts: Ssh2PrivateParts;
  readonly #transport: Transport;
  readonly #limits: ConnectionLimits;
  readonly #events: ConnectionEvents;
  readonly #log: GateLog;
  readonly #login: Login;
  readonly #rekeying: Rekeying;
  readonly #channels = new Map<number, SessionChannel>();
  readonly #wire: Wire;
  #identity: Identity | null = null;
  #loginName = '';
  #opened = 0;
  #handshaken = false;
  #idle: NodeJS.Timeout | undefined;
  /** Set once the connection only waits for its sessions to end. */
  #endWith: string | null = null;
  #closed = false;

  constructor(
    {
      id,
      source,
      transport,
      client,
      parts,
    }: {
      id: string;
      source: Source;
      transport: Transport;
      client: Ssh2Connection;
      parts: Ssh2PrivateParts;
    },
    limits: ConnectionLimits,
    authenticator: Authenticator,
    events: ConnectionEvents,
    log: GateLog,
  ) {
    this.id = id;
    this.source = source;
    this.#transport = transport;
    this.#client = client;
    this.#parts = parts;
    this.#limits = limits;
    this.#events = events;
    this.#log = log;
    this.#rekeying = new Rekeying(client, parts.protocol, limits.rekey, (what) => {
      this.#violation(what);
    });
    this.#wire = new Wire(parts.protocol, transport, this.#rekeying);
    this.#login = new Login(authenticator, limits.tries, {
      accepted: (found, login) => {
        this.#accepted(found, login);
      },
      refused: (login, because, fingerprint) => {
        events.refused(this, login, because, fingerprint);
      },
      exhausted: () => {
        this.end(DISCONNECT.noMoreAuthMethods, 'Too many authentication failures');
      },
      faulted: (error) => {
        log.error({ connection: id, err: error }, 'a login could not be looked up and was refused');
        this.end(DISCONNECT.byApplication, 'Logging in is not possible now.');
      },
    });
    this.#listen();
    this.#guardProtocol();
  }

  /** Null before login. */
  get identity(): Identity | null {
    return this.#identity;
  }

  /**
   * Whether it cost a key exchange and came to nothing, without a failed try (which counts by itself): somebody asks
   * whose keys are known here, or just keeps the gate busy.
   */
  get cameToNothing(): boolean {
    return this.#handshaken && this.#identity === null && this.#login.failedTries === 0;
  }

  /** Takes no more sessions, and ends when the last one has. */
  endSoon(sentence: string): void {
    if (this.#endWith !== null) return;
    this.#endWith = sentence;
    clearTimeout(this.#idle);
    if (this.#channels.size === 0) {
      this.end(DISCONNECT.byApplication, sentence);
      return;
    }
    this.#idle = setTimeout(() => {
      this.end(DISCONNECT.byApplication, sentence);
    }, LEAVE_MS);
  }

  /** Tells the client why, and closes. Twice is harmless. */
  end(reason: number = DISCONNECT.byApplication, sentence = ''): void {
    if (this.#transport.writable) {
      try {
        sendPayload(this.#parts.protocol, disconnectMessage(reason, sentence), true);
      } catch (error) {
        this.#log.debug({ connection: this.id, err: error }, 'the last message could not be sent');
      }
    }
    this.#transport.close();
  }

  #listen(): void {
    const client = this.#client;
    client.on('authentication', (context) => {
      this.#guard(() => {
        this.#login.request(context);
      });
    });
    // Having a listener is what makes ssh2 heed no-more-sessions@openssh.com; everything that gets here is forwarding.
    client.on('request', (_accept, reject) => {
      reject?.();
    });
    client.on('session', (accept, reject) => {
      this.#guard(() => {
        this.#openSession(accept, reject);
      });
    });
    client.on('error', (error) => {
      if (!this.#closed) {
        this.#log.info({ connection: this.id, reason: printableReason(error.message) }, 'connection failed');
      }
      this.#transport.close();
    });
    client.on('close', () => {
      this.#close();
    });
    client.on('handshake', () => {
      this.#handshaken = true;
    });
    client.on('rekey', () => {
      this.#flush();
    });
    this.#transport.onDrain(() => {
      this.#flush();
    });
    let read = 0;
    this.#transport.afterRead = () => {
      const { bytesRead } = this.#parts.socket;
      this.#rekeying.count(bytesRead - read);
      read = bytesRead;
    };
  }

  /** Stands before ssh2's own message handlers, for what they let through. */
  #guardProtocol(): void {
    const { protocol, channels } = this.#parts;
    const handlers = protocol._handlers;
    const { CHANNEL_OPEN, CHANNEL_REQUEST, CHANNEL_CLOSE } = handlers;
    handlers.CHANNEL_OPEN = (proto, info) => {
      if (info.type === 'session' && this.#identity !== null) {
        const no = this.#refuseChannel(info.packetSize);
        if (no !== null) {
          proto.channelOpenFail(info.sender, no.reason, no.sentence);
          return;
        }
        info.packetSize = Math.min(info.packetSize, PACKET_SIZE.most);
      }
      CHANNEL_OPEN(proto, info);
    };
    handlers.CHANNEL_DATA = (_proto, recipient, data) => {
      this.#channels.get(recipient)?.receive(data);
    };
    handlers.CHANNEL_WINDOW_ADJUST = (_proto, recipient, bytes) => {
      this.#channels.get(recipient)?.credit(bytes);
    };
    handlers.CHANNEL_REQUEST = (proto, recipient, type, wantReply, data) => {
      if (type === 'break') this.#channels.get(recipient)?.breakRequest(data, wantReply);
      else CHANNEL_REQUEST(proto, recipient, type, wantReply, data);
    };
    handlers.CHANNEL_CLOSE = (proto, recipient) => {
      CHANNEL_CLOSE(proto, recipient);
      const channel = this.#channels.get(recipient);
      if (channel === undefined) return;
      this.#channels.delete(recipient);
      channel.closed(false);
      channels.remove(recipient);
      this.#watchIdle();
    };
    // The window that ssh2 gives is 2 MiB a channel, too much to hold for each.
    const confirm = protocol.channelOpenConfirm.bind(protocol);
    protocol.channelOpenConfirm = (remote, local, _window, packetSize) => {
      confirm(remote, local, INPUT_WINDOW, packetSize);
    };
    const handshaken = protocol._onHandshakeComplete;
    protocol._onHandshakeComplete = (...negotiated) => {
      protocol._onHandshakeComplete = handshaken;
      if (protocol._kex?.remoteExtInfoEnabled === true) {
        sendPayload(protocol, signatureAlgorithmsMessage());
        protocol._kex.remoteExtInfoEnabled = false;
      }
      handshaken(...negotiated);
    };
  }

  #refuseChannel(packetSize: number): { reason: number; sentence: string } | null {
    if (this.#endWith !== null) return { reason: OPEN_FAILURE.prohibited, sentence: this.#endWith };
    if (packetSize < PACKET_SIZE.least) {
      return { reason: OPEN_FAILURE.prohibited, sentence: 'the maximum packet size is too small' };
    }
    if (this.#channels.size >= this.#limits.sessionsPerConnection) {
      return { reason: OPEN_FAILURE.resourceShortage, sentence: 'too many sessions in one connection' };
    }
    this.#opened += 1;
    if (this.#opened > MOST_CHANNELS) {
      this.#violation('opened too many channels');
      return { reason: OPEN_FAILURE.resourceShortage, sentence: 'too many sessions in one connection' };
    }
    if (this.#identity !== null && !this.#events.stillWelcome(this.#identity, this.#loginName)) {
      this.end(DISCONNECT.byApplication, 'You are no longer allowed to log in.');
      return { reason: OPEN_FAILURE.prohibited, sentence: '' };
    }
    return null;
  }

  #openSession(accept: () => Ssh2Session, reject: () => unknown): void {
    if (this.#identity === null || this.#closed) {
      reject();
      return;
    }
    const number = this.#opened;
    const channel = new SessionChannel(accept(), this.#wire, {
      started: (terminal, request) => {
        this.#events.session(this, terminal, request, number);
      },
      violation: (what) => {
        this.#violation(what);
      },
      faulted: (error) => {
        this.#log.error({ connection: this.id, session: number, err: error }, 'a fault ended a session');
      },
    });
    this.#channels.set(channel.local, channel);
    if (this.#endWith === null) clearTimeout(this.#idle);
  }

  #accepted(found: LoginFound, login: string): void {
    this.#identity = Object.freeze({
      customer: found.customer,
      fingerprint: found.key.fingerprint,
      source: this.source.address,
      connection: this.id,
      domain: found.domain,
    });
    this.#loginName = login;
    this.#transport.loggedIn();
    this.#rekeying.loggedIn();
    this.#watchIdle();
    this.#events.accepted(this, this.#identity, login);
  }

  #watchIdle(): void {
    if (this.#channels.size > 0 || this.#closed) return;
    if (this.#endWith !== null) {
      this.end(DISCONNECT.byApplication, this.#endWith);
      return;
    }
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.end(DISCONNECT.byApplication, 'No session was open for a while.');
    }, this.#limits.idleMs);
    this.#idle.unref();
  }

  #flush(): void {
    for (const channel of this.#channels.values()) channel.flush();
  }

  #violation(what: string): void {
    if (this.#closed || !this.#transport.writable) return;
    this.#log.warn(
      { connection: this.id, source: this.source.address },
      `the client ${what}: connection ended`,
    );
    this.end(DISCONNECT.protocolError, `The client ${what}.`);
  }

  /** A fault while serving one connection ends that connection. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.error({ connection: this.id, err: error }, 'a fault ended the connection');
      this.end(DISCONNECT.byApplication, 'Something went wrong; the fault has been logged.');
    }
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#rekeying.dispose();
    for (const channel of this.#channels.values()) channel.closed(true);
    this.#channels.clear();
    this.#events.closed(this);
  }
}
