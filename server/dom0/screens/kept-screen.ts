import type { RawRing } from './raw-ring.js';
import { ScreenCopy } from './screen-copy.js';
import { FIRST_SIZE, isSameSize } from './screen-job.js';
import type { ScreenJob, ScreenQuestion, ScreenSize } from './screen-job.js';

const FIRST_REST_MS = 30_000;
const LAST_REST_MS = 3_600_000;
const STRIKES_KEPT_MS = 24 * 3_600_000;

/** A job that took longer than this was no ordinary text; its screen then rests so many times as long. */
const DEAR_MS = 200;
const DEAR_REPLAY_MS = 500;
const DEAR_REST = 10;

/** So many windows of other sizes have an emulator of their own for as long as they are there; those of more get a replay each time. */
const VIEWS = 4;

/**
 * The screen of one console. An emulator of 80×24 sees all that the guest says and is never resized; one of the size that the guest
 * was told, if it was, sees all from then on. What a window of another size shows is replayed at that size, as far back as the
 * ring reaches; beyond that it is the picture of the emulator that the guest speaks for. No window changes what another shows.
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

  /** What the guest takes its terminal for, as far as it is known. */
  get size(): ScreenSize {
    return this.guests.size;
  }

  /** The emulator that the guest speaks for. */
  get guests(): ScreenCopy {
    return this.#told ?? this.#first;
  }

  /** The one of 80×24. */
  get first(): ScreenCopy {
    return this.#first;
  }

  /** Those that see everything, whether somebody looks or not. */
  get kept(): readonly ScreenCopy[] {
    return this.#told === null ? [this.#first] : [this.#first, this.#told];
  }

  /** Those of windows that are there. */
  get views(): readonly ScreenCopy[] {
    return this.#views;
  }

  /** The guest was told a size. @returns the emulators that are of no more use */
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

  /** Windows of these sizes are there. @returns the emulators that are of no more use */
  retain(sizes: readonly ScreenSize[]): readonly ScreenCopy[] {
    const gone = this.#views.filter((view) => !sizes.some((size) => isSameSize(view.size, size)));
    this.#views = this.#views.filter((view) => !gone.includes(view));
    return gone;
  }

  /** A screen whose bytes ended a worker is left alone for a while: its console is repainted from the raw ring. */
  isResting(now: number): boolean {
    return now < this.#restUntil;
  }

  /** Whether a replay must not be had now. */
  cannotReplay(now: number): boolean {
    return now < this.#restUntil || now < this.#replaysRestUntil;
  }

  strike(now: number): void {
    if (now - this.#struckAt > STRIKES_KEPT_MS) this.#strikes = 0;
    this.#struckAt = now;
    this.#restUntil = now + Math.min(FIRST_REST_MS * 2 ** this.#strikes, LAST_REST_MS);
    this.#strikes += 1;
  }

  /** A guest can say what is dear to show: it then gets a small share of the worker, and the others the rest. */
  took(ms: number, now: number): void {
    if (ms > DEAR_MS) this.#restUntil = Math.max(this.#restUntil, now + DEAR_REST * ms);
  }

  replayTook(ms: number, now: number): void {
    if (ms > DEAR_REPLAY_MS) this.#replaysRestUntil = now + DEAR_REST * ms;
  }

  /** @returns a job for an emulator of its own, that sees only what came from this position on */
  jobSince(position: number, size: ScreenSize, question: ScreenQuestion): ScreenJob {
    const from = Math.max(position, this.ring.start);
    const bytes = this.ring.range(from);
    const fresh = { size, after: null };
    return { emulator: this.#newId(), fresh, bytes, from, gap: false, marks: false, question, close: true };
  }

  /** @returns a job for an emulator that is there for this once @param after whose marks tell what stood there before the ring */
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
