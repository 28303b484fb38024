import type { FaultGuard } from '../../wire/fault-guard.js';
import type { KeptScreen } from './kept-screen.js';
import { RING_BYTES } from './raw-ring.js';
import type { ScreenCopy } from './screen-copy.js';

/** A window's emulator that lags this much is fed, before the ring loses the bytes. */
const LAG_BYTES = RING_BYTES / 2;

interface FeedScheduleParts {
  /** How long bytes may wait for an emulator when nobody looks. Milliseconds. */
  readonly waitMs: number;
  readonly guard: FaultGuard;
  /** The number of the present worker. */
  readonly worker: () => number;
  /** Called when emulators are due. */
  readonly due: () => void;
}

interface Feed {
  readonly screen: KeptScreen;
  readonly copy: ScreenCopy;
}

/** Which emulators are to be fed though nobody asks for their pictures, in what order. */
export class FeedSchedule {
  readonly #parts: FeedScheduleParts;
  readonly #touched = new Set<KeptScreen>();
  #due: Feed[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: FeedScheduleParts) {
    this.#parts = parts;
  }

  /** The screen's ring has more bytes. */
  touched(screen: KeptScreen): void {
    this.#touched.add(screen);
    this.#timer ??= setTimeout(
      this.#parts.guard.on('feed', () => {
        this.#timer = undefined;
        for (const each of this.#touched) this.#add(each);
        this.#touched.clear();
        this.#parts.due();
      }),
      this.#parts.waitMs,
    ).unref();
  }

  /**
   * @param mustWait tells an emulator that cannot be fed now; it keeps its place
   * @returns the next emulator to feed, if there is one. Resting screens are passed over until touched again
   */
  take(now: number, mustWait: (copy: ScreenCopy) => boolean): Feed | undefined {
    this.#due = this.#due.filter(({ screen }) => !screen.isResting(now));
    const next = this.#due.findIndex(({ copy }) => !mustWait(copy));
    return next === -1 ? undefined : this.#due.splice(next, 1)[0];
  }

  /** The screen was closed. */
  forget(screen: KeptScreen): void {
    this.#touched.delete(screen);
    this.#due = this.#due.filter((due) => due.screen !== screen);
  }

  /** These emulators are no longer needed. */
  drop(copies: readonly ScreenCopy[]): void {
    this.#due = this.#due.filter(({ copy }) => !copies.includes(copy));
  }

  /** Feeds nobody any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #add(screen: KeptScreen): void {
    const { ring, kept, views } = screen;
    const lagging = views.filter((view) => {
      const lag = view.lag(ring, this.#parts.worker());
      // A copy that missed bytes begins anew when somebody asks.
      return lag > LAG_BYTES && lag <= ring.end - ring.start;
    });
    for (const copy of [...kept, ...lagging])
      if (!this.#due.some((due) => due.copy === copy)) this.#due.push({ screen, copy });
  }
}
