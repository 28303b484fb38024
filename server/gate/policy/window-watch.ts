import type { Conditions } from '../../../policy/conditions.js';
import type { Policy } from '../../../policy/policy.js';
import { isWithin, wallTime } from '../../../policy/time-window.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import { Listeners } from '../session/listeners.js';
import type { Logger } from '../../wire/logger.js';
import type { Unsubscribe } from '../session/terminal.js';

/** Windows begin and end with a minute. Milliseconds. */
const MINUTE = 60_000;

/** How long after the minute to look, because timers may be early. Milliseconds. */
const SLACK = 20;

/**
 * Tells when a time window of the policy opens or closes: rights that hang on it must then be checked again.
 * It looks once a minute and not for the next change, so that a clock that is set, or daylight saving time,
 * needs no thought.
 */
export class WindowWatch {
  readonly #inForce: { readonly policy: Policy };
  readonly #clock: () => Date;
  readonly #guard: FaultGuard;
  readonly #listeners: Listeners<undefined>;
  #timer: NodeJS.Timeout | null = null;
  /** What was seen last: which policy, and which of its windows were open. */
  #told: { readonly policy: Policy; readonly open: string };

  constructor(inForce: { readonly policy: Policy }, log: Logger, clock: () => Date = () => new Date()) {
    this.#inForce = inForce;
    this.#clock = clock;
    this.#guard = new FaultGuard(log);
    this.#listeners = new Listeners((fault) => {
      log.error({ to: 'time windows', err: fault }, 'listener.fault');
    });
    this.#told = this.#look();
  }

  start(): void {
    const now = this.#clock().getTime();
    this.#timer = setTimeout(
      this.#guard.on(
        'minute',
        () => {
          this.look();
          this.start();
        },
        () => {
          this.start();
        },
      ),
      MINUTE - (now % MINUTE) + SLACK,
    );
  }

  onChange(listener: () => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  /**
   * Tells if a window has opened or closed since the last look. A new policy is not told here: `PolicyHolder`
   * tells it.
   */
  look(): void {
    const before = this.#told;
    this.#told = this.#look();
    if (before.policy === this.#told.policy && before.open !== this.#told.open)
      this.#listeners.emit(undefined);
  }

  /** Twice is harmless. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #look(): { readonly policy: Policy; readonly open: string } {
    const { policy } = this.#inForce;
    const now = this.#clock();
    const conditions = [...policy.rules, ...policy.limits].flatMap(({ when }) => when ?? []);
    const open = conditions.map((when) => openWindows(when, now));
    return { policy, open: open.join() };
  }
}

function openWindows({ times, zone }: Conditions, now: Date): string {
  return times.length === 0 ? '' : String(times.some((window) => isWithin(window, wallTime(zone, now))));
}
