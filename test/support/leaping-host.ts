import type { HostClock } from '../../server/dom0/scheduling/host-clock.js';
import { UnstalledHost } from './unstalled-host.js';

/**
 * This machine's time without its stalls, which leaps forward when a test says so. Deadlines then pass at once, and
 * never earlier, however busy the machine is.
 */
export class LeapingHost implements HostClock {
  readonly #unstalled = new UnstalledHost();
  readonly boot = this.#unstalled.boot;
  #ahead = 0;

  uptime(): number {
    return this.#unstalled.uptime() + this.#ahead;
  }

  after(ms: number, call: () => void): () => void {
    return this.#unstalled.after(ms, call);
  }

  leap(ms: number): void {
    this.#ahead += ms;
  }
}
