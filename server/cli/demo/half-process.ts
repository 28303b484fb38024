import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Milliseconds. A half that is not ready by then is taken to have failed. */
const START_MS = 120_000;

/** As in server/postern. */
const HEAP = ['--max-semi-space-size=2'];

/** One half of Postern in its own process, as in production. Its log goes to a file. */
export class HalfProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #exited: Promise<void>;

  /**
   * @param script the compiled postern.js
   * @param args the half's command line, `['gate', '--settings', FILE]`
   * @param log file that the half's stderr is appended to
   * @param through a command to start the half through; it must exec the program that it is given, as
   * nsenter(1) does
   */
  constructor(
    name: string,
    script: string,
    args: readonly string[],
    log: string,
    through: readonly string[] = [],
  ) {
    this.name = name;
    this.#log = log;
    const stderr = openSync(log, 'a', 0o600);
    try {
      // Its own process group: Ctrl-C reaches the demo alone, which then ends its halves in order.
      const command = [...through, process.execPath, ...HEAP, script, ...args];
      this.#child = spawn(command[0] ?? process.execPath, command.slice(1), {
        stdio: ['ignore', 'pipe', stderr],
        detached: true,
        // Whatever started the demo is not to hear of a half.
        env: { ...process.env, NOTIFY_SOCKET: undefined },
      });
    } finally {
      closeSync(stderr);
    }
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => {
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Settles when the process has ended, for any reason. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /**
   * @returns REST of the line `… ready on REST`, once the half prints it
   * @throws Error with the last lines of the log when the half ends before that, or takes too long
   */
  async ready(): Promise<string> {
    const { stdout } = this.#child;
    if (stdout === null) throw new Error(`the ${this.name} half has no output`);
    const lines = createInterface({ input: stdout });
    const said = new Promise<string>((resolve) => {
      lines.on('line', (line) => {
        const match = / ready on (.*)$/.exec(line);
        if (match?.[1] !== undefined) resolve(match[1]);
      });
    });
    const ended = this.#exited.then(() => {
      throw new Error(`the ${this.name} half did not start:\n${this.#lastWords()}`);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(
          new Error(`the ${this.name} half is not ready after ${START_MS / 1000} s:\n${this.#lastWords()}`),
        );
      }, START_MS);
    });
    return Promise.race([said, ended, late]).finally(() => {
      clearTimeout(timer);
    });
  }

  /** Sends a signal; harmless when the process has gone. */
  kill(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(signal);
  }

  #lastWords(): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  }
}
