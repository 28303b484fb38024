import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.js';

/** What each stranger of a flood sends. */
export interface Attack {
  /** Sent first, once. */
  readonly hello: Buffer;
  /** Sent behind it again and again; null: nothing more. */
  readonly again: Buffer | null;
}

/** How many addresses a flood comes from, and how many connections from each. */
const SOURCES = 60;
const EACH = 5;
/** Milliseconds between two pieces of a stranger, and before a connection takes the place of one that was closed. */
const PACE_MS = 50;
/** A flood whose connections are closed makes others, up to this many in all. */
const MOST = 3_000;

/** Hundreds of connections of strangers, by real sockets, from many addresses of this machine. */
export class StrangerFlood {
  readonly #port: number;
  readonly #attack: Attack;
  readonly #sockets = new Set<Socket>();
  #made = 0;
  #isOver = false;
  /** Connections that were made so far. */
  connected = 0;
  /** Bytes that were sent so far. */
  sent = 0;

  constructor(port: number, attack: Attack) {
    this.#port = port;
    this.#attack = attack;
  }

  /** Settles when each of the first strangers has connected once. */
  async begin(): Promise<void> {
    for (let at = 0; at < SOURCES * EACH; at += 1) this.#open(`127.0.1.${1 + (at % SOURCES)}`);
    await eventually('the strangers', () => this.connected >= SOURCES * EACH);
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  end(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(localAddress: string): void {
    if (this.#isOver || this.#made >= MOST) return;
    this.#made += 1;
    const socket = connect({ port: this.#port, host: '127.0.0.1', localAddress });
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('connect', () => {
      this.connected += 1;
      this.#send(socket, this.#attack.hello);
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      setTimeout(() => {
        this.#open(localAddress);
      }, PACE_MS).unref();
    });
    socket.resume();
  }

  #send(socket: Socket, bytes: Buffer): void {
    if (socket.destroyed || this.#isOver) return;
    const { again } = this.#attack;
    socket.write(bytes, () => {
      this.sent += bytes.length;
      if (again === null) return;
      setTimeout(() => {
        this.#send(socket, again);
      }, PACE_MS).unref();
    });
  }
}
