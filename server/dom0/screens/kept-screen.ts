import type { RawRing } from './raw-ring.js';
import { ScreenCopy } from './screen-copy.js';
import { FIRST_SIZE, isSameSize } from './screen-job.js';
import type { ScreenJob, ScreenQuestion, ScreenSize } from './screen-job.js';

const FIRST_REST_MS = 30_000;
const LAST_REST_MS = 3_600_000;
const STRIKES_KEPT_MS = 24 * 3_600_000;

/** A job that took more of the processor than this was no ordinary text. Its screen then rests this many times as long. */
const DEAR_MS = 200;
const DEAR_REPLAY_MS = 500;
const DEAR_REST = 10;

/**
 * At most this many window sizes other than the guest's have an emulator of their own; further
 * ones get a replay each time.
 */
const VIEWS = 4;

/**
 * The screen of one console. An emulator of 80×24 sees all of the guest's output and is never resized. If the
 * guest was told another size, an emulator of that size sees everything from then on. For a window of another
 * size the ring is replayed at that size, as far back as it reaches; before that the picture of the guest's
 * emulator is used. No window changes what another shows.
 */
export class KeptScreen {
  readonly ring: RawRing;
  readonly #newId: () => number;
  readonly #first: ScreenCopy;
  #told: ScreenCopy | null = null;
  #views: ScreenCopy[] = [];
  #strikes = 0;
  #struckAt = 0;
  #restUntil = 0;
  #replaysRestUntil = 0;

  /** @param newId gives each emulator a number of its own */
  constructor(ring: RawRing, newId: () => number) {
    this.ring = ring;
    this.#newId = newId;
    this.#first = new ScreenCopy({ id: newId(), size: FIRST_SIZE, marks: true });
  }

  get id(): number {
    return this.#first.id;
  }

  /** The size that the guest assumes for its terminal, as far as we know. */
  get size(): ScreenSize {
    return this.guests.size;
  }

  /** The emulator of the size that the guest assumes. */
  get guests(): ScreenCopy {
    return this.#told ?? this.#first;
  }

  /** The emulator of 80×24. */
  get first(): ScreenCopy {
    return this.#first;
  }

  /** The emulators that see all output, whether anybody looks or not. */
  get kept(): readonly ScreenCopy[] {
    return this.#told === null ? [this.#first] : [this.#first, this.#told];
  }

  /** The emulators for the present windows of other sizes. */
  get views(): readonly ScreenCopy[] {
    return this.#views;
  }

  /** The guest was told a size. @returns the emulators that are no longer needed */
  tell(size: ScreenSize): readonly ScreenCopy[] {
    const former = this.#told;
    if (isSameSize(this.size, size)) return [];
    const view = this.#views.filter((each) => isSameSize(each.size, size));
    this.#views = this.#views.filter((each) => !view.includes(each));
    this.#told = isSameSize(size, FIRST_SIZE)
      ? null
      : new ScreenCopy({ id: this.#newId(), size, marks: true });
    return former === null ? view : [former, ...view];
  }

  /** The emulator for a window of this size, if it has one or may have one. */
  copyFor(size: ScreenSize): ScreenCopy | null {
    const known = [...this.kept, ...this.#views].find((each) => isSameSize(each.size, size));
    if (known !== undefined || this.#views.length >= VIEWS) return known ?? null;
    const view = new ScreenCopy({ id: this.#newId(), size, marks: false });
    this.#views.push(view);
    return view;
  }

  /** Windows of these sizes are present. @returns the emulators that are no longer needed */
  retain(sizes: readonly ScreenSize[]): readonly ScreenCopy[] {
    const gone = this.#views.filter((view) => !sizes.some((size) => isSameSize(view.size, size)));
    this.#views = this.#views.filter((view) => !gone.includes(view));
    return gone;
  }

  /** A screen whose bytes crashed a worker rests for a while: its console is repainted from the raw ring. */
  isResting(now: number): boolean {
    return now < this.#restUntil;
  }

  /** Whether a replay must be refused now. */
  cannotReplay(now: number): boolean {
    return now < this.#restUntil || now < this.#replaysRestUntil;
  }

  strike(now: number): void {
    if (now - this.#struckAt > STRIKES_KEPT_MS) this.#strikes = 0;
    this.#struckAt = now;
    this.#restUntil = now + Math.min(FIRST_REST_MS * 2 ** this.#strikes, LAST_REST_MS);
    this.#strikes += 1;
  }

  /**
   * A guest can print output that is slow to process: its screen then gets a small share of the
   * worker, and the others the rest.
   */
  took(ms: number, now: number): void {
    if (ms > DEAR_MS) this.#restUntil = Math.max(this.#restUntil, now + DEAR_REST * ms);
  }

  replayTook(ms: number, now: number): void {
    if (ms > DEAR_REPLAY_MS) this.#replaysRestUntil = now + DEAR_REST * ms;
  }

  /** @returns a job for a one-time emulator that sees only the output from this position on */
  jobSince(position: number, size: ScreenSize, question: ScreenQuestion): ScreenJob {
    const from = Math.max(position, this.ring.start);
    const bytes = this.ring.range(from);
    const fresh = { size, after: null };
    return { emulator: this.#newId(), fresh, bytes, from, gap: false, marks: false, question, close: true };
  }

  /**
   * @returns a job for a one-time emulator @param after its marks tell what the screen showed before the ring
   */
  jobOnce(size: ScreenSize, after: ScreenCopy, question: ScreenQuestion): ScreenJob {
    const from = this.ring.start;
    const bytes = this.ring.range(from);
    const fresh = { size, after: after.id };
    return {
      emulator: this.#newId(),
      fresh,
      bytes,
      from,
      gap: from > 0,
      marks: false,
      question,
      close: true,
    };
  }
}
