import type { ScreenText } from '../../wire/console.js';
import type { Recent } from '../console-log/memory-log.js';
import type { KeptScreen } from '../screens/kept-screen.js';
import { REPLAY_BYTES, replayOf } from '../screens/raw-replay.js';
import { RawRing, RING_BYTES } from '../screens/raw-ring.js';
import type { Picture } from '../screens/screen-feed.js';
import type { ScreenSize } from '../screens/screen-job.js';
import type { Screens } from '../screens/screens.js';
import type { ScreenLines } from '../../wire/screen.js';

/**
 * The latest output of one console with its times, and the screen that it makes. Nobody is shown output from
 * before their time. Times are milliseconds since the epoch.
 */
export class ConsoleScreen {
  readonly #screens: Screens;
  readonly #ring = new RawRing();
  readonly #screen: KeptScreen;

  constructor(screens: Screens) {
    this.#screens = screens;
    this.#screen = screens.open(this.#ring);
  }

  /** The size that the guest assumes for its terminal. */
  get size(): ScreenSize {
    return this.#screen.size;
  }

  /** Whether it has had no output yet. */
  get isBlank(): boolean {
    return this.#ring.bornAt === null;
  }

  /** The position of the next byte to come. */
  get end(): number {
    return this.#ring.end;
  }

  /**
   * All output from this position on, for a terminal in any state, without the sequences that it would
   * answer; null when it is not kept any more.
   */
  replay(since: number | null, from: number): Buffer | null {
    const first = Math.max(from, this.#firstFor(since) ?? 0);
    return first < this.#ring.start ? null : replayOf(this.#ring.range(first), true);
  }

  /** Takes output that came at this time. */
  show(bytes: Buffer, at: number): void {
    this.#ring.push(bytes, at);
    this.#screens.touched(this.#screen);
  }

  /**
   * @param since shows only output from then on; null: all
   * @param size the window's; null: the guest's
   * @param from shows only output from this position on, while all of it is kept; null: all
   */
  async paint(since: number | null, size: ScreenSize | null, from: number | null = null): Promise<Picture> {
    const first = this.#laterOf(this.#firstFor(since), from);
    const tail = Math.max(first ?? this.#ring.start, this.#ring.end - REPLAY_BYTES);
    const replay = this.#ring.range(tail);
    const picture = await this.#screens.paint(this.#screen, size, first);
    return picture ?? { nearest: replayOf(replay, first !== null || tail === 0) };
  }

  /** The same as text; null when it is not available now. */
  text(since: number | null): Promise<ScreenText | null> {
    return this.#screens.text(this.#screen, this.#firstFor(since));
  }

  /** All text on the screen; null when it is not available now. */
  lines(since: number | null): Promise<ScreenLines | null> {
    return this.#screens.lines(this.#screen, this.#firstFor(since));
  }

  /** The output in memory from this time on, raw. */
  recent(since: number | null): Recent {
    const oldest = Math.max(this.#ring.start, this.#ring.end - RING_BYTES);
    const start = since === null ? oldest : Math.max(oldest, this.#ring.positionSince(since));
    return { start, bytes: this.#ring.range(start) };
  }

  /** The guest was told a size, and writes for that size from now on. */
  tell(size: ScreenSize): void {
    this.#screens.tell(this.#screen, size);
  }

  /** Windows of these sizes look at the screen. */
  retain(sizes: readonly ScreenSize[]): void {
    this.#screens.retain(this.#screen, sizes);
  }

  /** Forgets all output. */
  close(): void {
    this.#screens.close(this.#screen);
    this.#ring.clear();
  }

  /** What is older than the ring has left the screen long ago. */
  #laterOf(first: number | null, from: number | null): number | null {
    return from === null || from < this.#ring.start ? first : Math.max(from, first ?? 0);
  }

  /** @returns the position of the first byte that may be shown; null: the whole screen may be shown */
  #firstFor(since: number | null): number | null {
    const { bornAt } = this.#ring;
    return since === null || bornAt === null || since <= bornAt ? null : this.#ring.positionSince(since);
  }
}
