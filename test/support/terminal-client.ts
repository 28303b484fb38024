import assert from 'node:assert/strict';
import headless from '@xterm/headless';
import { spawn, type IPty } from 'node-pty';
import { PATIENCE_MS } from './eventually.js';
import { looksOf } from './terminal-looks.js';

/** How much of what was received a wait in vain quotes: a screen does not show what went away again. */
const LAST_RECEIVED = 1_000;

/**
 * A person at a terminal: a real program (ssh) on a real pty, with an emulator that shows the person's
 * screen.
 */
export class TerminalClient {
  readonly #pty: IPty;
  readonly #emulator: headless.Terminal;
  readonly #waiting = new Set<() => void>();
  #raw = '';
  #answered = '';
  #status: number | undefined;

  constructor(
    file: string,
    args: readonly string[],
    { columns = 80, rows = 24, term = 'xterm-256color', env = {}, answers = false } = {},
  ) {
    this.#emulator = new headless.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 2000 });
    this.#pty = spawn(file, [...args], {
      name: term,
      cols: columns,
      rows,
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: '/nonexistent',
        TERM: term,
        LANG: 'C.UTF-8',
        ...env,
      },
      cwd: '/',
    });
    this.#pty.onData((data) => {
      this.#raw += data;
      this.#emulator.write(data, () => {
        this.#changed();
      });
    });
    if (answers) {
      this.#emulator.onData((answer) => {
        this.#answered += answer;
        this.#pty.write(answer);
      });
    }
    this.#pty.onExit(({ exitCode }) => {
      // After the emulator has processed the output before it.
      this.#emulator.write('', () => {
        this.#status = exitCode;
        this.#changed();
      });
    });
  }

  /** Everything received so far. */
  get raw(): string {
    return this.#raw;
  }

  /** The terminal's own answers to queries, if it gives any. */
  get answered(): string {
    return this.#answered;
  }

  get pid(): number {
    return this.#pty.pid;
  }

  get columns(): number {
    return this.#emulator.cols;
  }

  /** The text on the screen now, without trailing blanks. */
  get screen(): string {
    const { active } = this.#emulator.buffer;
    const lines: string[] = [];
    for (let row = 0; row < this.#emulator.rows; row += 1) {
      lines.push(active.getLine(active.baseY + row)?.translateToString(true) ?? '');
    }
    return lines.join('\n').trimEnd();
  }

  /** What a person can scroll back to, and the screen: one line for each that the guest wrote. */
  get history(): string {
    const { active } = this.#emulator.buffer;
    let text = '';
    for (let row = 0; row < active.length; row += 1) {
      const line = active.getLine(row);
      text += `${line?.isWrapped === true || row === 0 ? '' : '\n'}${line?.translateToString(true) ?? ''}`;
    }
    return text;
  }

  /** The screen cell by cell, and the state that decides what the next byte does. */
  get looks(): unknown {
    return looksOf(this.#emulator);
  }

  /** Whether the alternate screen is shown. */
  get alternate(): boolean {
    return this.#emulator.buffer.active.type === 'alternate';
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Waits until the screen shows it. */
  async sees(what: string | RegExp, patienceMs: number = PATIENCE_MS): Promise<void> {
    await this.until(() => matches(this.screen, what), `the screen to show ${String(what)}`, patienceMs);
  }

  /** Waits until the screen no longer shows it. */
  async seesNo(what: string | RegExp, patienceMs: number = PATIENCE_MS): Promise<void> {
    await this.until(() => !matches(this.screen, what), `the screen not to show ${String(what)}`, patienceMs);
  }

  /** Waits until it has been received, on any screen. */
  async receives(what: string | RegExp, patienceMs: number = PATIENCE_MS): Promise<void> {
    await this.until(() => matches(this.#raw, what), `to receive ${String(what)}`, patienceMs);
  }

  /** @returns the program's exit status, once it has ended */
  async ends(patienceMs: number = PATIENCE_MS): Promise<number> {
    await this.until(() => this.#status !== undefined, 'the program to end', patienceMs);
    return this.#status ?? -1;
  }

  /**
   * Waits until it holds. It is asked again at each change of the screen.
   *
   * @param what is awaited, for the message when the wait was in vain
   */
  async until(holds: () => boolean, what: string, patienceMs: number = PATIENCE_MS): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const ended = this.#status === undefined ? '' : ` (the program ended with ${this.#status})`;
        reject(
          new assert.AssertionError({
            message: `waited ${patienceMs} ms for ${what}${ended}; the screen:\n${this.screen}\nreceived last: ${JSON.stringify(this.#raw.slice(-LAST_RECEIVED))}`,
          }),
        );
      }, patienceMs);
      this.#waiting.add(look);
    });
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.#status === undefined) this.#pty.kill(signal);
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
  }
}

function matches(text: string, what: string | RegExp): boolean {
  return typeof what === 'string' ? text.includes(what) : what.test(text);
}
