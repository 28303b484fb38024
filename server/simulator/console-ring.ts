import type { Socket } from 'node:net';

/** What xenconsoled keeps while nobody is attached; the oldest is lost. */
const KEPT_BYTES = 1024 * 1024;
/** Above this the guest's floods wait for the client to read. */
const HIGH_WATER = 256 * 1024;
const ATTENDED_STEP = 16 * 1024;
/** What nobody reads is not worth much of the machine. */
const UNATTENDED_STEP = 256;

/** One domain's console between the guest and its client; with `xm`, which locks nothing, there may be several. */
export class ConsoleRing {
  /** The next one to read; with several, what the guest writes goes to one of them at a time. */
  #clients: Socket[] = [];
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** What is written while input is answered. */
  #echo: Buffer[] | null = null;
  readonly #onInput: (bytes: Buffer) => void;
  readonly #onLock: (held: boolean) => void;

  constructor(onInput: (bytes: Buffer) => void, onLock: (held: boolean) => void) {
    this.#onInput = onInput;
    this.#onLock = onLock;
  }

  get locked(): boolean {
    return this.#clients.length > 0;
  }

  /** Bytes that a flooding guest may write now. */
  get room(): number {
    const [client] = this.#clients;
    if (!client) return UNATTENDED_STEP;
    return client.writableLength < HIGH_WATER ? ATTENDED_STEP : 0;
  }

  /** Takes over a connection whose reply was sent; what was kept goes to it, once. */
  attach(client: Socket): void {
    this.#clients.push(client);
    this.#onLock(true);
    for (const bytes of this.#kept) client.write(bytes);
    this.#kept = [];
    this.#keptBytes = 0;
    client.on('data', (bytes: Buffer) => {
      this.#input(client, bytes);
    });
    client.on('close', () => {
      this.#release(client);
    });
    client.resume();
  }

  write(bytes: Buffer): void {
    if (this.#echo !== null && this.#clients.length === 1) {
      this.#echo.push(bytes);
      return;
    }
    const client = this.#clients.shift();
    if (client) {
      client.write(bytes);
      this.#clients.push(client);
      return;
    }
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    while (this.#keptBytes > KEPT_BYTES) {
      const oldest = this.#kept[0];
      if (!oldest) break;
      const excess = this.#keptBytes - KEPT_BYTES;
      if (oldest.length <= excess) this.#kept.shift();
      else this.#kept[0] = oldest.subarray(excess);
      this.#keptBytes -= Math.min(oldest.length, excess);
    }
  }

  /** Who is attached sees the end of its console, silently. */
  dispose(): void {
    for (const client of [...this.#clients]) {
      client.destroySoon();
      this.#release(client);
    }
  }

  /**
   * What is typed is echoed byte by byte: each alone in a queue of the socket's would be a hundred times its size, and a paste of a
   * megabyte the end of this process. So an answer is sent whole, and nothing is read while the client takes nothing.
   */
  #input(client: Socket, bytes: Buffer): void {
    const echo: Buffer[] = [];
    this.#echo = echo;
    try {
      this.#onInput(bytes);
    } finally {
      this.#echo = null;
    }
    if (echo.length > 0) this.write(Buffer.concat(echo));
    if (client.destroyed || client.writableLength < HIGH_WATER) return;
    client.pause();
    client.once('drain', () => client.resume());
  }

  #release(client: Socket): void {
    if (!this.#clients.includes(client)) return;
    this.#clients = this.#clients.filter((other) => other !== client);
    if (!this.locked) this.#onLock(false);
  }
}
