import type { ServerChannel, Session as Ssh2Session } from 'ssh2';
import { FaultScope } from '../../wire/fault-scope.js';
import type { Session } from '../session/session.js';
import { ChannelInput } from './channel-input.js';
import { ChannelOutput } from './channel-output.js';
import { sessionEnds, withoutStderr } from './ssh2-private.js';
import { SshTerminal } from './ssh-terminal.js';
import { terminalName } from './terminal-name.js';
import { DEFAULT_SIZE, windowSize, type WindowSize } from './window-size.js';
import type { ChannelSender } from './channel-sender.js';

/** Called about a session channel; its connection makes one for each. */
export interface ChannelEvents {
  /** The id of the session that it has. */
  readonly session: string;
  /** False when the client's certificate permits no terminal. As sshd, the session goes on without. */
  readonly mayHavePty: boolean;
  started(terminal: SshTerminal, request: Session['request']): void;
  /** Runs work when it is the customer's turn. */
  inTurn(work: () => void): void;
  /** The client breaks the protocol: its connection has to end. */
  violation(what: string): void;
  /** Code above the channel threw; the session has been ended. */
  faulted(error: unknown): void;
  /** The session could not even be told so: its connection has to end. */
  broken(error: unknown): void;
}

/** How long a client may take to use a channel that it opened, and to close one that we have closed. */
const PATIENCE_MS = 60_000;
const LONGEST_COMMAND = 8 * 1024;
const LOCALE = ['LC_ALL', 'LC_CTYPE', 'LANG'] as const;

/**
 * One session channel, from its opening to its close (RFC 4254 §6). It listens for what the product offers: a
 * terminal, its size, the locale, one shell or command. ssh2 refuses whatever has no listener: agent and X11
 * forwarding, subsystems, signals.
 */
export class SessionChannel {
  readonly #local: number;
  readonly #remote: number;
  readonly #sender: ChannelSender;
  readonly #events: ChannelEvents;
  readonly #input: ChannelInput;
  readonly #output: ChannelOutput;
  /** Null once a shell or a command runs. */
  #locale: Map<string, string> | null = new Map();
  readonly #scope = new FaultScope((error) => {
    this.#faulted(error);
  });
  #term: string | null = null;
  #size: WindowSize = DEFAULT_SIZE;
  #channel: ServerChannel | undefined;
  #terminal: SshTerminal | undefined;
  #patience: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(session: Ssh2Session, sender: ChannelSender, events: ChannelEvents) {
    const { incoming, outgoing } = sessionEnds(session);
    this.#local = incoming.id;
    this.#remote = outgoing.id;
    this.#sender = sender;
    this.#events = events;
    this.#input = new ChannelInput((bytes) => {
      if (!this.#closed) sender.adjust(this.#remote, bytes);
    }, this.#guard);
    this.#output = new ChannelOutput(
      sender,
      outgoing,
      () => this.#terminal?.drained(),
      () => {
        events.violation('does not take its output');
      },
    );
    this.#listen(session);
    this.#wait('does not use the channel that it opened');
  }

  get local(): number {
    return this.#local;
  }

  get session(): string {
    return this.#events.session;
  }

  get terminal(): SshTerminal | undefined {
    return this.#terminal;
  }

  receive(data: Buffer): void {
    if (this.#closed || this.#terminal === undefined) return;
    if (!this.#input.receive(data)) this.#events.violation('sent beyond the window');
  }

  credit(bytes: number): void {
    if (!this.#closed) this.#output.credit(bytes);
  }

  /** Call it when the connection can send again. */
  flush(): void {
    if (!this.#closed) this.#output.flush();
  }

  /**
   * Handles what ssh2 does not: `break` (RFC 4335), and every request once a shell or a command runs, which
   * ssh2 would leave without the answer that RFC 4254 §5.4 demands.
   *
   * @returns false when ssh2 must handle it
   */
  request(type: string, wantReply: boolean, data: unknown): boolean {
    if (this.#terminal === undefined && type !== 'break') return false;
    const done = !this.#closed && this.#perform(type, data);
    if (wantReply && !this.#closed) this.#sender.answer(this.#remote, done);
    return true;
  }

  /** The client has closed the channel, or the connection is lost. */
  closed(connectionLost: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#patience);
    // ssh2 answers the close of a channel that ran something, but not of one that never did.
    if (this.#channel === undefined && !connectionLost) this.#sender.close(this.#remote);
    this.#input.close();
    this.#output.close();
    this.#terminal?.closed();
  }

  #wait(what: string): void {
    this.#patience = setTimeout(() => {
      this.#events.violation(what);
    }, PATIENCE_MS);
    this.#patience.unref();
  }

  #perform(type: string, data: unknown): boolean {
    if (type === 'break') {
      // RFC 4335 §3: a length that is too short or too long is made fit.
      const length = Buffer.isBuffer(data) && data.length >= 4 ? data.readUInt32BE(0) : 0;
      return this.#terminal?.broke(Math.min(3000, Math.max(500, length))) ?? false;
    }
    if (type !== 'window-change' || this.#term === null) return false;
    const { cols, rows } = data as { cols: number; rows: number };
    this.#terminal?.resized(cols, rows);
    return true;
  }

  #listen(session: Ssh2Session): void {
    session.on('env', (accept, reject, { key, val }: { key: string; val: string }) => {
      if ((LOCALE as readonly string[]).includes(key)) {
        this.#locale?.set(key, val.slice(0, 64));
        answer(accept);
      } else {
        answer(reject);
      }
    });
    session.on('pty', (accept, reject, info) => {
      if (this.#term !== null || this.#terminal !== undefined || !this.#events.mayHavePty) {
        answer(reject);
        return;
      }
      this.#term = terminalName((info as unknown as { term: string }).term);
      this.#size = windowSize(info.cols, info.rows);
      answer(accept);
    });
    session.on('window-change', (_accept, _reject, { cols, rows }) => {
      if (this.#term !== null) this.#size = windowSize(cols, rows);
    });
    session.on('shell', (accept, reject) => {
      this.#start(session, accept, reject, { kind: 'shell' });
    });
    session.on('exec', (accept, reject, { command }) => {
      if (Buffer.byteLength(command) > LONGEST_COMMAND) answer(reject);
      else this.#start(session, accept, reject, { kind: 'exec', command });
    });
    this.#listenToEnd(session);
  }

  #listenToEnd(session: Ssh2Session): void {
    session.on('eof', () => {
      this.#input.end();
    });
  }

  /** One shell or command per channel (RFC 4254 §6.5). */
  #start(
    session: Ssh2Session,
    accept: () => ServerChannel,
    reject: (() => void) | undefined,
    request: Session['request'],
  ): void {
    if (this.#terminal !== undefined) {
      answer(reject);
      return;
    }
    const channel = accept() as ServerChannel | undefined;
    if (channel === undefined) return;
    this.#channel = channel;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    // Nothing is read from ssh2's stream but its end; without that it would never say that it is closed.
    channel.resume();
    channel.on('error', ignore);
    // What goes to the client's stderr goes by `ChannelOutput`.
    withoutStderr(channel);
    const hasPty = this.#term !== null;
    const traits = { hasPty, term: this.#term ?? 'dumb', utf8: this.#utf8(), size: this.#size };
    this.#locale = null;
    // From now on `request` answers everything, so ssh2 needs to tell the end of input only.
    session.removeAllListeners();
    this.#listenToEnd(session);
    const terminal = new SshTerminal(
      traits,
      this.#input,
      this.#output,
      (status) => {
        this.#sender.exit(this.#remote, status, channel);
        this.#wait('does not close its channel');
      },
      this.#guard,
      (work) => {
        this.#events.inTurn(work);
      },
    );
    this.#terminal = terminal;
    this.#guard(() => {
      this.#events.started(terminal, request);
    });
  }

  /**
   * Runs a listener of the session. A fault in it, or in a timer or promise that it began, ends only this
   * session.
   */
  readonly #guard = (work: () => void): void => {
    try {
      this.#scope.run(work);
    } catch (error) {
      this.#faulted(error);
    }
  };

  #faulted(error: unknown): void {
    try {
      this.#events.faulted(error);
      this.#terminal?.writeError(
        `Something went wrong here; it has been logged.${this.#term === null ? '\n' : '\r\n'}`,
      );
      this.#terminal?.exit(1);
    } catch (again) {
      this.#events.broken(again);
    }
  }

  /** The first one that is set counts, as in setlocale(3). */
  #utf8(): boolean | null {
    const values = LOCALE.map((name) => this.#locale?.get(name));
    const value = values.find((each) => each !== undefined && each !== '');
    return value === undefined ? null : /utf-?8/i.test(value);
  }
}

/** One for all channels. */
const ignore = (): void => undefined;

/** ssh2 gives no answering function when the client wants no answer. */
function answer(accept: (() => unknown) | undefined): void {
  accept?.();
}
