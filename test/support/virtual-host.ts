import type { HostClock } from '../../server/dom0/scheduling/host-clock.js';

interface Waiting {
  readonly at: number;
  readonly call: () => void;
}

/** A host whose time passes only when the test says so. */
export class VirtualHost implements HostClock {
  boot = 'aaaaaaaa-0000-4000-8000-000000000001';
  #uptime = 3_600_000;
  readonly #waiting = new Set<Waiting>();

  uptime(): number {
    return this.#uptime;
  }

  after(ms: number, call: () => void): () => void {
    const waiting = { at: this.#uptime + ms, call };
    this.#waiting.add(waiting);
    return () => {
      this.#waiting.delete(waiting);
    };
  }

  /** The number of pending waits. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Lets time pass, and runs everything due meanwhile in order. */
  async pass(ms: number): Promise<void> {
    const end = this.#uptime + ms;
    for (;;) {
      const due = [...this.#waiting].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (due === undefined) break;
      this.#waiting.delete(due);
      this.#uptime = Math.max(this.#uptime, due.at);
      due.call();
      await settled();
    }
    this.#uptime = end;
    await settled();
  }

  /** Reboots the host. */
  reboot(): void {
    this.boot = `${this.boot.slice(0, -1)}${Number(this.boot.at(-1)) + 1}`;
    this.#uptime = 60_000;
    this.#waiting.clear();
  }
}

/** Resolves when everything has run that needs no time to pass. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}
