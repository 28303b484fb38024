import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.js';
import type { House } from './house.js';
import { POSTERN } from './postern-command.js';

/** A half with a module that is loaded before it, and prints what the half does. */
export class WatchedHalf {
  /** What it has printed, and with `logs` also logged. */
  said = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** @param watch the address of the module */
  constructor(house: House, half: 'dom0' | 'gate', watch: string, { logs = false } = {}) {
    const settings = half === 'gate' ? house.layout.gateSettings : house.layout.dom0Settings;
    this.#child = spawn(process.execPath, ['--import', watch, POSTERN, half, '--settings', settings], {
      stdio: ['ignore', 'pipe', logs ? 'pipe' : 'ignore'],
    });
    this.#ended = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
  }

  sees(what: RegExp): Promise<RegExpExecArray> {
    return eventually(String(what), () => what.exec(this.said), { instead: () => this.said });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it; twice is harmless. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.signal(signal);
    await this.#ended;
  }
}
