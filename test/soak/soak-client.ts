import ssh2 from 'ssh2';
import type { Client, ClientChannel } from 'ssh2';

/** How a customer's ssh reaches the gate. */
export interface SoakTarget {
  readonly port: number;
  readonly username: string;
  readonly privateKey: string | Buffer;
}

/** Characters of output that a channel keeps to look into. */
const KEPT = 8192;
const TERMINAL = { term: 'xterm-256color', cols: 80, rows: 24 };

/** One channel. Every wait ends when it closes. */
export class SoakChannel {
  readonly #channel: ClientChannel;
  /** The end of what was received. */
  tail = '';
  /** The exit status; null when the channel ended without one. */
  status: number | null = null;
  isClosed = false;
  readonly #news = new Set<() => void>();

  constructor(channel: ClientChannel) {
    this.#channel = channel;
    channel.on('data', (data: Buffer) => {
      this.tail = (this.tail + data.toString('latin1')).slice(-KEPT);
      this.#tell();
    });
    channel.stderr.on('data', () => undefined);
    channel.on('error', () => undefined);
    channel.on('exit', (status: number | null) => {
      this.status = status;
    });
    channel.on('close', () => {
      this.isClosed = true;
      this.#tell();
    });
  }

  write(text: string): void {
    if (!this.isClosed) this.#channel.write(text);
  }

  /** Ends the input. */
  eof(): void {
    if (!this.isClosed) this.#channel.end();
  }

  resize(columns: number, rows: number): void {
    if (!this.isClosed) this.#channel.setWindow(rows, columns, 0, 0);
  }

  /** Stops reading: what comes waits in the server. */
  pause(): void {
    this.#channel.pause();
  }

  resume(): void {
    this.#channel.resume();
  }

  /** @returns false when it closed first, or after so many milliseconds */
  async receives(text: string | RegExp, withinMs: number): Promise<boolean> {
    const has = (): boolean => (typeof text === 'string' ? this.tail.includes(text) : text.test(this.tail));
    await this.#until(() => has() || this.isClosed, withinMs);
    return has();
  }

  /** @returns whether it has closed within so many milliseconds */
  async closes(withinMs: number): Promise<boolean> {
    await this.#until(() => this.isClosed, withinMs);
    return this.isClosed;
  }

  async #until(holds: () => boolean, withinMs: number): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(late);
        this.#news.delete(look);
        resolve();
      };
      const late = setTimeout(end, withinMs);
      const look = (): void => {
        if (holds()) end();
      };
      this.#news.add(look);
    });
  }

  #tell(): void {
    for (const look of this.#news) look();
  }
}

/** One connection of a customer, by ssh2. */
export class SoakClient {
  readonly #client: Client;
  readonly closed: Promise<void>;

  /** Use `login`. */
  constructor(client: Client, closed: Promise<void>) {
    this.#client = client;
    this.closed = closed;
  }

  /** @returns null when it was refused, or the gate is gone */
  static async login({ port, username, privateKey }: SoakTarget): Promise<SoakClient | null> {
    const client = new ssh2.Client();
    client.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => {
      client.once('close', () => {
        resolve();
      });
    });
    const ready = new Promise<true>((resolve) => {
      client.once('ready', () => {
        resolve(true);
      });
    });
    client.connect({ host: '127.0.0.1', port, username, privateKey, readyTimeout: 0, keepaliveInterval: 0 });
    const isIn = await Promise.race([ready, closed.then(() => false)]);
    return isIn ? new SoakClient(client, closed) : null;
  }

  /** @returns null when there is no channel */
  async open(command: string | null, hasTerminal: boolean): Promise<SoakChannel | null> {
    const opened = new Promise<SoakChannel | null>((resolve) => {
      const take = (error: Error | undefined, channel: ClientChannel): void => {
        resolve(error === undefined ? new SoakChannel(channel) : null);
      };
      try {
        if (command === null) this.#client.shell(TERMINAL, take);
        else this.#client.exec(command, hasTerminal ? { pty: TERMINAL } : {}, take);
      } catch {
        resolve(null);
      }
    });
    return Promise.race([opened, this.closed.then(() => null)]);
  }

  /** Says goodbye, and waits until the server has closed. */
  async end(): Promise<void> {
    this.#client.end();
    await this.closed;
  }

  /** Drops the connection without a word. */
  async drop(): Promise<void> {
    this.#client.destroy();
    await this.closed;
  }
}
