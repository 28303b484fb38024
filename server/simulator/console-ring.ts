import type { Socket } from 'node:net';

/** The output that xenconsoled keeps while nobody is attached; the oldest is lost. */
const KEPT_BYTES = 1024 * 1024;
/** Above this a flooding guest waits for the client to read. */
const HIGH_WATER = 256 * 1024;
const ATTENDED_STEP = 16 * 1024;
/** Output that nobody reads must not use much of the machine. */
const UNATTENDED_STEP = 256;

/**
 * One domain's console between the guest and its client. With `xm`, which locks nothing,
 * there may be several clients.
 */
export class ConsoleRing {
  /** The first one is the next to read: with several clients each write of the guest goes to one of them. */
  #clients: Socket[] = [];
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Output that is written while input is handled. */
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

  /** How many bytes a flooding guest may write now. */
  get room(): number {
    const [client] = this.#clients;
    if (!client) return UNATTENDED_STEP;
    return client.writableLength < HIGH_WATER ? ATTENDED_STEP : 0;
  }

  /** Takes over a connection after the reply was sent. The kept output goes to it, once. */
  attach(client: Socket): void {
    this.#clients.push(client);
    this.#onLock(true);
    for (const bytes of this.#kept) client.write(bytes);
    this.#kept = [];
    this.#keptBytes = 0;
    client.on('data', (bytes: Buffer) => {
      this.#input(client, bytes);
    });
    // A client that leaves reads to the end. What the guest says from now on is for the next one.
    for (const end of ['end', 'close'])
      client.once(end, () => {
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

  /** Ends the console of every client, silently. */
  dispose(): void {
    for (const client of [...this.#clients]) {
      client.destroySoon();
      this.#release(client);
    }
  }

  /**
   * A guest echoes input byte by byte. One entry for each byte in the socket's queue would be a hundred times
   * its size, and a paste of a megabyte would kill this process. So the echo is sent as a whole, and input is
   * not read while the client reads nothing.
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
