import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DemoLayout } from './demo-layout.js';
import { writePids } from './demo-pids.js';
import { HalfProcess } from './half-process.js';

/** How long a half may take to leave before it is killed, milliseconds. */
const LEAVE_MS = 8000;
/** As systemd's RestartSec. */
const RESTART_MS = 1000;

const NAMES = ['dom0', 'gate'] as const;
type HalfName = (typeof NAMES)[number];

/** Both halves as systemd runs them: each its own process, started again when it dies. */
export class DemoHalves {
  readonly #layout: DemoLayout;
  readonly #script: string;
  readonly #say: (sentence: string) => void;
  readonly #running = new Map<HalfName, HalfProcess>();
  #stopping = false;

  constructor(layout: DemoLayout, script: string, say: (sentence: string) => void) {
    this.#layout = layout;
    this.#script = script;
    this.#say = say;
  }

  /** @throws Error with the half's last words when one does not start */
  async start(): Promise<void> {
    for (const name of NAMES) await this.#start(name);
  }

  /** SIGTERM to the gate, then to the dom0 half; waits until both have gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const name of [...NAMES].reverse()) {
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

  async #start(name: HalfName): Promise<void> {
    const settings = name === 'gate' ? this.#layout.gateSettings : this.#layout.dom0Settings;
    const log = join(this.#layout.logs, `${name}.log`);
    const half = new HalfProcess(name, this.#script, [name, '--settings', settings], log);
    this.#running.set(name, half);
    writePids(this.#layout.pids, {
      demo: process.pid,
      halves: [...this.#running.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    });
    await half.ready();
    void half.exited.then(() => this.#restart(name));
  }

  /** Asked anew after a wait. */
  #isStopping(): boolean {
    return this.#stopping;
  }

  async #restart(name: HalfName): Promise<void> {
    for (;;) {
      if (this.#isStopping()) return;
      this.#say(`the ${name} half has ended; starting it again`);
      await delay(RESTART_MS, undefined, { ref: false });
      if (this.#isStopping()) return;
      try {
        await this.#start(name);
        return;
      } catch (error) {
        this.#say((error as Error).message);
      }
    }
  }
}
