import { message, type RawSsh } from './raw-ssh.js';

/** A session channel opened by hand. The client numbers its channels itself, from 0. */
export class RawSession {
  readonly raw: RawSsh;
  /** The server's number for the channel. */
  readonly remote: number;
  readonly local: number;

  constructor(raw: RawSsh, local: number, remote: number) {
    this.raw = raw;
    this.local = local;
    this.remote = remote;
  }

  /** @returns null when the server refused the channel or closed the connection */
  static async open(
    raw: RawSsh,
    { type = 'session', window = 2 ** 21, packetSize = 32768, more = [] as (number | string)[] } = {},
  ): Promise<RawSession | null> {
    const answers = (): { name: string; args: unknown[] }[] =>
      raw.received.filter(({ name }) => name.startsWith('CHANNEL_OPEN_'));
    const before = answers().length;
    raw.send(message(90, type, before, window, packetSize, ...more));
    await raw.until(() => answers().length > before || raw.closed, 'an answer to a channel that is opened');
    const answer = answers()[before];
    if (answer?.name !== 'CHANNEL_OPEN_CONFIRMATION') return null;
    return new RawSession(raw, before, (answer.args[0] as { sender: number }).sender);
  }

  /** @returns whether the server accepted the request */
  async request(type: string, ...fields: (number | boolean | string | Buffer)[]): Promise<boolean> {
    const answers = (): boolean[] =>
      this.raw.received.flatMap(({ name, args }) => {
        if (args[0] !== this.local) return [];
        return name === 'CHANNEL_SUCCESS' ? [true] : name === 'CHANNEL_FAILURE' ? [false] : [];
      });
    const before = answers().length;
    this.raw.send(message(98, this.remote, type, true, ...fields));
    await this.raw.until(() => answers().length > before || this.raw.closed, `an answer to ${type}`);
    return answers()[before] ?? false;
  }

  /** Sends a request without asking for a reply. */
  tell(type: string, ...fields: (number | boolean | string | Buffer)[]): void {
    this.raw.send(message(98, this.remote, type, false, ...fields));
  }

  async pty(term = 'xterm', columns = 80, rows = 24): Promise<boolean> {
    return this.request('pty-req', term, columns, rows, 0, 0, '\0');
  }

  data(bytes: Buffer | string): void {
    this.raw.send(message(94, this.remote, bytes));
  }

  close(): void {
    this.raw.send(message(97, this.remote));
  }

  /** The server's output on stdout so far. */
  get output(): string {
    const chunks = this.raw.received.filter(
      ({ name, args }) => name === 'CHANNEL_DATA' && args[0] === this.local,
    );
    return Buffer.concat(chunks.map(({ args }) => args[1] as Buffer)).toString();
  }

  async shows(text: string): Promise<void> {
    await this.raw.until(
      () => this.output.includes(text),
      `the output ${text}, not ${this.output.slice(-200)}`,
    );
  }

  async isClosed(): Promise<void> {
    await this.raw.until(
      () => this.raw.received.some(({ name, args }) => name === 'CHANNEL_CLOSE' && args[0] === this.local),
      'the channel to be closed',
    );
  }
}
