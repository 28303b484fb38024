import { TokenBucket, type Now } from '../../wire/token-bucket.js';

/** Each event may have so many lines at once, and one more after each second. */
const LINES = { most: 1_000, refillMs: 1_000 } as const;
const TELL_AGAIN_MS = 60_000;

interface Pace {
  readonly bucket: TokenBucket;
  leftOut: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Bounds the lines of a log, for each event by itself: many lines of one hide no other. It holds whoever causes the
 * lines, and disk space is finite.
 */
export class LinePace {
  readonly #tell: (event: string, lines: number) => void;
  readonly #now: Now;
  readonly #events = new Map<string, Pace>();

  /** @param tell is called with how many lines of an event were left out since its last call: at once, then each minute */
  constructor(tell: (event: string, lines: number) => void, now: Now = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  /** @returns false when the line must be left out */
  admits(event: string): boolean {
    let pace = this.#events.get(event);
    if (pace === undefined) {
      pace = { bucket: new TokenBucket(LINES, this.#now), leftOut: 0, timer: undefined };
      this.#events.set(event, pace);
    }
    if (pace.bucket.spend()) return true;
    pace.leftOut += 1;
    if (pace.timer === undefined) this.#say(event, pace);
    return false;
  }

  #say(event: string, pace: Pace): void {
    this.#tell(event, pace.leftOut);
    pace.leftOut = 0;
    pace.timer = setTimeout(() => {
      pace.timer = undefined;
      if (pace.leftOut > 0) this.#say(event, pace);
    }, TELL_AGAIN_MS).unref();
  }
}
