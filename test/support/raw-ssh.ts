import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import ssh2, { type Client, type ConnectConfig, type ParsedKey } from 'ssh2';
import { sendPayload, type Ssh2Protocol } from '../../server/gate/ssh/ssh2-private.js';
import { PATIENCE_MS } from './eventually.js';

/** The server's answer to one login request. */
export type LoginReply = 'failure' | 'sign-please' | 'success' | 'disconnected';

type Handler = (...args: unknown[]) => void;

interface RawProtocol extends Omit<Ssh2Protocol, '_kex' | '_handlers'> {
  readonly _kex: { readonly sessionID: Buffer; readonly negotiated: Negotiated };
  readonly _authsQueue: string[];
  readonly _handlers: Record<string, Handler | undefined>;
}

export interface Negotiated {
  readonly kex: string;
  readonly serverHostKey: string;
  readonly cs: { readonly cipher: string; readonly compress: string };
}

/** A message made by hand: numbers are uint32, booleans a byte, texts and buffers strings (RFC 4251 §5). */
export function message(type: number, ...fields: readonly (number | boolean | string | Buffer)[]): Buffer {
  return Buffer.concat([Buffer.from([type]), ...fields.map((field) => encode(field))]);
}

export function encode(field: number | boolean | string | Buffer): Buffer {
  if (typeof field === 'boolean') return Buffer.from([field ? 1 : 0]);
  const length = Buffer.alloc(4);
  if (typeof field === 'number') {
    length.writeUInt32BE(field);
    return length;
  }
  const bytes = Buffer.from(field as string);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * A client that sends whatever a test wants: after an honest key exchange by ssh2, every message is made by
 * hand. For attacks that no honest client makes.
 */
export class RawSsh {
  readonly client: Client;
  readonly socket: Socket;
  readonly #protocol: RawProtocol;
  /** The server's messages that reached ssh2's handlers, by name. */
  readonly received: { name: string; args: unknown[] }[] = [];
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  closed = false;

  constructor(client: Client, socket: Socket, protocol: RawProtocol) {
    this.client = client;
    this.socket = socket;
    this.#protocol = protocol;
    for (const name of WATCHED) {
      const original = protocol._handlers[name];
      protocol._handlers[name] = (...args) => {
        this.#counts.set(name, this.count(name) + 1);
        this.received.push({ name, args: args.slice(1) });
        // ssh2 would look for its own login request, and there is none.
        if (name !== 'USERAUTH_FAILURE' && name !== 'USERAUTH_PK_OK') original?.(...args);
        this.#changed();
      };
    }
    socket.once('close', () => {
      this.closed = true;
      this.#changed();
    });
  }

  /**
   * Connects, up to the end of the key exchange and the service request, where login begins. With a
   * `localAddress` (127.0.0.2) it comes from another source.
   */
  static async connect(port: number, config: Partial<ConnectConfig> = {}): Promise<RawSsh> {
    const { localAddress } = config;
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ port, host: '127.0.0.1', ...from });
    await once(socket, 'connect');
    const client = new ssh2.Client();
    client.on('error', () => undefined);
    socket.on('error', () => undefined);
    return new Promise((resolve, reject) => {
      socket.once('close', () => {
        reject(new Error('closed before login'));
      });
      client.connect({
        sock: socket,
        readyTimeout: 0,
        username: 'nobody',
        ...config,
        authHandler: () => {
          const { _protocol } = client as unknown as { _protocol: RawProtocol };
          resolve(new RawSsh(client, socket, _protocol));
        },
      });
    });
  }

  /** The session identifier (RFC 4253 §7.2). */
  get sessionId(): Buffer {
    return this.#protocol._kex.sessionID;
  }

  get negotiated(): Negotiated {
    return this.#protocol._kex.negotiated;
  }

  /** How many messages of this name have arrived. */
  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  send(payload: Buffer): void {
    sendPayload(this.#protocol as unknown as Ssh2Protocol, payload);
  }

  /** Sends a login request, with or without method data. */
  async request(login: string, method: string, data: Buffer = Buffer.alloc(0)): Promise<LoginReply> {
    return this.#ask(method, Buffer.concat([message(50, login, 'ssh-connection', method), data]));
  }

  async probe(login: string, algorithm: string, blob: Buffer): Promise<LoginReply> {
    return this.request(login, 'publickey', Buffer.concat([false, algorithm, blob].map(encode)));
  }

  /** The bytes that a signature must cover on this connection (RFC 4252 §7). */
  toSign(login: string, algorithm: string, blob: Buffer): Buffer {
    const request = message(50, login, 'ssh-connection', 'publickey', true, algorithm, blob);
    return Buffer.concat([encode(this.#protocol._kex.sessionID), request]);
  }

  /** @param signature the bare signature; it is wrapped with `inner`, or with the algorithm's name */
  async sign(
    login: string,
    algorithm: string,
    blob: Buffer,
    signature: Buffer,
    inner: string = algorithm,
  ): Promise<LoginReply> {
    const wrapped = Buffer.concat([encode(inner), encode(signature)]);
    return this.request(login, 'publickey', Buffer.concat([true, algorithm, blob, wrapped].map(encode)));
  }

  /** Logs in honestly, with a private key. */
  async login(login: string, key: ParsedKey): Promise<LoginReply> {
    const blob = key.getPublicSSH();
    return this.sign(login, key.type, blob, key.sign(this.toSign(login, key.type, blob)));
  }

  /** Waits for a message. Undefined when the connection closes first. */
  async receives(name: string, times = 1): Promise<unknown[] | undefined> {
    const found = (): { args: unknown[] } | undefined =>
      this.received.filter((each) => each.name === name)[times - 1];
    await this.until(() => found() !== undefined || this.closed, name);
    return found()?.args;
  }

  async isClosed(): Promise<void> {
    await this.until(() => this.closed, 'the connection to be closed');
  }

  end(): void {
    this.socket.destroy();
  }

  async #ask(method: string, payload: Buffer): Promise<LoginReply> {
    const before = this.received.length;
    this.#protocol._authsQueue.push(method);
    this.send(payload);
    const replies: Record<string, LoginReply> = {
      USERAUTH_FAILURE: 'failure',
      USERAUTH_PK_OK: 'sign-please',
      USERAUTH_SUCCESS: 'success',
    };
    const reply = (): LoginReply | undefined =>
      this.received.slice(before).flatMap(({ name }) => replies[name] ?? [])[0];
    await this.until(() => reply() !== undefined || this.closed, `an answer to ${method}`);
    return reply() ?? 'disconnected';
  }

  /** Waits until the condition holds; checks it whenever something arrives. */
  async until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        reject(new Error(`waited for ${what}; so far ${[...this.#counts].join(' ')}`));
      }, PATIENCE_MS);
      this.#waiting.add(look);
    });
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
  }
}

const WATCHED = [
  'USERAUTH_FAILURE',
  'USERAUTH_PK_OK',
  'USERAUTH_SUCCESS',
  'DISCONNECT',
  'EXT_INFO',
  'CHANNEL_OPEN_CONFIRMATION',
  'CHANNEL_OPEN_FAILURE',
  'CHANNEL_WINDOW_ADJUST',
  'CHANNEL_DATA',
  'CHANNEL_EXTENDED_DATA',
  'CHANNEL_SUCCESS',
  'CHANNEL_FAILURE',
  'CHANNEL_EOF',
  'CHANNEL_CLOSE',
  'CHANNEL_REQUEST',
  'GLOBAL_REQUEST',
  'REQUEST_SUCCESS',
  'REQUEST_FAILURE',
];
