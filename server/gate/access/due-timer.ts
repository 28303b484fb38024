import { FaultGuard } from '../../wire/fault-guard.js';
import type { FaultLogger } from '../../wire/logger.js';

/** The longest wait without a look at the clock, which may be set meanwhile. Milliseconds. */
const LONGEST_WAIT = 60_000;
/** The pause before `wake` is called again after it threw. Milliseconds. */
const AGAIN_MS = 1_000;

/** One timer for many moments: it wakes at the earliest, so that none needs a timer of its own. */
export class DueTimer {
  readonly #clock: () => number;
  readonly #woken: () => void;
  #timer: NodeJS.Timeout | null = null;
  #next: number | null = null;

  /**
   * @param clock milliseconds since 1970
   * @param wake called at the moment or earlier; it calls `at` with the moment that is due next. A fault in
   *   it is logged, and it is called again a second later
   */
  constructor(clock: () => number, wake: () => void, log: FaultLogger) {
    this.#clock = clock;
    this.#woken = new FaultGuard(log).on('due', wake, () => {
      this.at(clock() + AGAIN_MS);
    });
  }

  /** Wakes at this moment, or at the earlier one that is already set. */
  at(moment: number): void {
    if (this.#next !== null && this.#next <= moment) return;
    this.close();
    this.#next = moment;
    const rest = Math.max(0, moment - this.#clock());
    this.#timer = setTimeout(
      () => {
        this.close();
        this.#woken();
      },
      Math.min(rest, LONGEST_WAIT),
    ).unref();
  }

  /** Forgets all moments. Twice is harmless. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#next = null;
  }
}
