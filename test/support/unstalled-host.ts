import type { HostClock } from '../../server/dom0/scheduling/host-clock.js';
import { SYSTEM_HOST_CLOCK } from '../../server/dom0/scheduling/host-clock.js';

/** Milliseconds. More between two looks at the clock means that this process could not run. */
const LONGEST_STEP = 20;

/**
 * This machine's time for a half in the process of a test, without the time in which this process could not run.
 * Short limits then hold on a busy machine too: a half that was stopped for a second has not missed one.
 */
export class UnstalledHost implements HostClock {
  readonly boot = SYSTEM_HOST_CLOCK.boot;
  #seen = SYSTEM_HOST_CLOCK.uptime();
  #uptime = this.#seen;
  readonly #wait: (ms: number) => number;

  /** @param wait how long a wait is here; as it was asked for when absent. Milliseconds. */
  constructor(wait: (ms: number) => number = (ms) => ms) {
    this.#wait = wait;
  }

  uptime(): number {
    const now = SYSTEM_HOST_CLOCK.uptime();
    this.#uptime += Math.min(now - this.#seen, LONGEST_STEP);
    this.#seen = now;
    return this.#uptime;
  }

  after(ms: number, call: () => void): () => void {
    const lasts = this.#wait(ms);
    const end = this.uptime() + lasts;
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
      const left = end - this.uptime();
      if (left <= 0) call();
      else timer = setTimeout(wait, Math.min(left, LONGEST_STEP / 2));
    };
    timer = setTimeout(wait, Math.min(lasts, LONGEST_STEP / 2));
    return () => {
      clearTimeout(timer);
    };
  }
}
