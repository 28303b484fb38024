import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { PATIENCE_MS, eventually } from './eventually.js';

export interface SshStreamOptions {
  /** Whether to ask the server for a pty. */
  readonly tty?: boolean;
  /** Received bytes that are kept; all when absent. */
  readonly keeps?: number;
}

/** A real ssh without a screen: it keeps the received bytes, and can be paused. */
export class SshStream {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | null>;
  #received = '';
  #errors = '';
  #count = 0;

  /** @param args makes ssh's command line with these options in it */
  constructor(
    args: (options: readonly string[]) => string[],
    { tty = false, keeps = Infinity }: SshStreamOptions,
  ) {
    this.#child = spawn('ssh', args([tty ? '-tt' : '-T', '-e', 'none']), { stdio: 'pipe' });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#child.stdout.setEncoding('latin1').on('data', (bytes: string) => {
      this.#count += bytes.length;
      this.#received = keeps === Infinity ? this.#received + bytes : (this.#received + bytes).slice(-keeps);
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The kept bytes, one character for each byte. */
  get received(): string {
    return this.#received;
  }

  /** What came to stderr. */
  get errors(): string {
    return this.#errors;
  }

  /** All received bytes, kept or not. */
  get count(): number {
    return this.#count;
  }

  /** Bytes that wait here until ssh takes them. */
  get waiting(): number {
    return this.#child.stdin.writableLength;
  }

  type(bytes: string | Buffer): void {
    this.#child.stdin.write(bytes);
  }

  /** Waits for a text, at this position of the kept bytes or after it. */
  async receives(what: string, { from = 0, withinMs = PATIENCE_MS } = {}): Promise<void> {
    await eventually(`to receive ${JSON.stringify(what)}`, () => this.#received.includes(what, from), {
      withinMs,
      everyMs: 5,
    });
  }

  /** Waits for one more piece. */
  async hears(): Promise<void> {
    await once(this.#child.stdout, 'data');
  }

  /** @returns its exit status, once it has ended */
  ends(): Promise<number | null> {
    return this.#ended;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }
}
