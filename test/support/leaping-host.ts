import { SYSTEM_HOST_CLOCK } from '../../server/dom0/scheduling/host-clock.js';
import type { HostClock } from '../../server/dom0/scheduling/host-clock.js';

/**
 * This machine's time, which leaps forward when a test says so. Deadlines then pass at once, and never
 * earlier, however busy the machine is.
 */
export class LeapingHost implements HostClock {
  readonly boot = SYSTEM_HOST_CLOCK.boot;
  readonly after = SYSTEM_HOST_CLOCK.after;
  #ahead = 0;

  uptime(): number {
    return SYSTEM_HOST_CLOCK.uptime() + this.#ahead;
  }

  leap(ms: number): void {
    this.#ahead += ms;
  }
}
