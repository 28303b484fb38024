import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DemoLayout } from './demo-layout.js';
import { writePids } from './demo-pids.js';
import { HalfProcess } from './half-process.js';

/** Milliseconds that a half has to leave before it is killed. */
const LEAVE_MS = 8000;
/** As systemd's RestartSec. */
const RESTART_MS = 1000;

/** One of the demo's halves. */
export interface DemoHalf {
  /** Unique; the log file has this name. */
  readonly name: string;
  readonly half: 'dom0' | 'gate';
  readonly settings: string;
}

/** Runs the halves as systemd does: each in its own process, restarted when it dies. */
export class DemoHalves {
  readonly #layout: DemoLayout;
  readonly #script: string;
  readonly #say: (sentence: string) => void;
  readonly #halves: readonly DemoHalf[];
  readonly #running = new Map<string, HalfProcess>();
  readonly #stops = new AbortController();

  /** @param halves in start order */
  constructor(
    layout: DemoLayout,
    halves: readonly DemoHalf[],
    script: string,
    say: (sentence: string) => void,
  ) {
    this.#halves = halves;
    this.#layout = layout;
    this.#script = script;
    this.#say = say;
  }

  /** @throws Error with the last lines of a half's log when it does not start */
  async start(): Promise<void> {
    for (const half of this.#halves) await this.#start(half);
  }

  /** Sends SIGTERM to the gate first, then to the dom0 halves, and waits until all have gone. */
  async stop(): Promise<void> {
    this.#stops.abort();
    for (const { name } of [...this.#halves].reverse()) {
      const half = this.#running.get(name);
      if (half === undefined) continue;
      half.kill('SIGTERM');
      const late = setTimeout(() => {
        half.kill('SIGKILL');
      }, LEAVE_MS);
      await half.exited;
      clearTimeout(late);
    }
  }

  async #start(which: DemoHalf): Promise<void> {
    const { name, half: command, settings } = which;
    const log = join(this.#layout.logs, `${name}.log`);
    const half = new HalfProcess(name, this.#script, [command, '--settings', settings], log);
    this.#running.set(name, half);
    writePids(this.#layout.pids, {
      demo: process.pid,
      halves: [...this.#running.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    });
    await half.ready();
    void half.exited.then(() => this.#restart(which));
  }

  /** Reads the signal anew after each wait. */
  #isStopping(): boolean {
    return this.#stops.signal.aborted;
  }

  async #restart(which: DemoHalf): Promise<void> {
    for (;;) {
      if (this.#isStopping()) return;
      this.#say(`the ${which.name} half has ended; starting it again`);
      // The timer keeps this process alive. With both halves dead nothing else does, and the domains would be
      // left running.
      await delay(RESTART_MS, undefined, { signal: this.#stops.signal }).catch(() => undefined);
      if (this.#isStopping()) return;
      try {
        await this.#start(which);
        return;
      } catch (error) {
        this.#say((error as Error).message);
      }
    }
  }
}
