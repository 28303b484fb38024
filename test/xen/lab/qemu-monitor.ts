import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface Answer {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** QEMU's monitor over QMP (qemu-qmp-ref(7)). One command runs at a time. */
export class QemuMonitor {
  readonly #socket: Socket;
  readonly #waiting: ((answer: Answer) => void)[] = [];

  /** Use `connect`. */
  constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => {
      const message = JSON.parse(line) as Answer;
      if ('return' in message || 'error' in message) this.#waiting.shift()?.(message);
    });
    const gone = (): void => {
      for (const answer of this.#waiting.splice(0)) answer({ error: { desc: 'QEMU has gone' } });
    };
    socket.on('error', gone).on('close', gone);
  }

  /** @throws Error when nobody listens there */
  static async connect(path: string): Promise<QemuMonitor> {
    const socket = createConnection(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    const monitor = new QemuMonitor(socket);
    await monitor.execute('qmp_capabilities');
    return monitor;
  }

  /** @throws Error with QEMU's words when it refuses */
  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
    if (answer.error !== undefined) throw new Error(`QEMU, ${command}: ${answer.error.desc}`);
    return answer.return;
  }

  /**
   * Runs a command of the monitor for people: QMP has no single command for snapshots.
   *
   * @throws Error when it prints anything, because a successful command prints nothing
   */
  async human(command: string): Promise<void> {
    const said = String(await this.execute('human-monitor-command', { 'command-line': command })).trim();
    if (said !== '') throw new Error(`QEMU, ${command}: ${said}`);
  }

  close(): void {
    this.#socket.destroy();
  }
}
