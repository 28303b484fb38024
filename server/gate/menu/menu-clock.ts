import type { MenuDomain } from '../../../menus/port.js';

/** A state older than this shows its age, which then counts up. Milliseconds. */
const STALE = 5_000;

/** Ticks once a second, but only while an age or a progress is shown: most menus only sit there. */
export class MenuClock {
  readonly #tick: (now: number) => void;
  #ticks: NodeJS.Timeout | null = null;
  #later: NodeJS.Timeout | null = null;

  /** @param tick gets the time in milliseconds since the epoch */
  constructor(tick: (now: number) => void) {
    this.#tick = tick;
  }

  /** Call it with the domains that are shown now. */
  watch(domains: readonly MenuDomain[]): void {
    if (this.#later !== null) clearTimeout(this.#later);
    this.#later = null;
    const now = Date.now();
    const seen = domains.map(({ seenAt }) => seenAt ?? 0);
    const stale = Math.min(...seen) + STALE;
    const moving = domains.some(({ operation, reachable }) => operation !== null || !reachable);
    if (domains.length > 0 && (moving || stale < now)) {
      this.#ticks ??= setInterval(() => {
        this.#tick(Date.now());
      }, 1000);
      return;
    }
    this.#stopTicking();
    // Perhaps no news comes before then, and that is when the age begins to show.
    if (domains.length > 0) {
      this.#later = setTimeout(
        () => {
          this.watch(domains);
        },
        stale - now + 1,
      );
    }
  }

  /** Call it when no domains are shown. */
  stop(): void {
    this.#stopTicking();
    if (this.#later !== null) clearTimeout(this.#later);
    this.#later = null;
  }

  #stopTicking(): void {
    if (this.#ticks !== null) clearInterval(this.#ticks);
    this.#ticks = null;
  }
}
