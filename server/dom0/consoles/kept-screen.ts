import type { RawRing } from './raw-ring.js';
import { FIRST_SIZE } from './screen-job.js';
import type { ScreenJob, ScreenQuestion, ScreenSize } from './screen-job.js';

/** More changes of size than these between two jobs are as good as these. */
const SIZES = 16;
const FIRST_REST_MS = 30_000;
const LAST_REST_MS = 3_600_000;
const STRIKES_KEPT_MS = 24 * 3_600_000;

/** A job that took longer than this was no ordinary text; its screen then rests so many times as long. */
const DEAR_MS = 200;
const DEAR_REST = 10;

/** Where bytes were left out, whatever sequence was cut is ended (ECMA-48, ST). */
const CUT = Buffer.from('\x1b\\');

/** Where to look for a line's end to begin after, when what came before is no longer kept. */
const HEAD = 4 * 1024;

/**
 * What the emulator of one console has been given, and what comes next. The bytes stay in the ring: an emulator that lags by
 * more than the ring keeps skips what is gone and goes on with the newest, one that died is made anew from the ring.
 */
export class KeptScreen {
  readonly id: number;
  readonly #ring: RawRing;
  #size: ScreenSize = FIRST_SIZE;
  #sizes: { readonly at: number; readonly size: ScreenSize }[] = [];
  #fed = 0;
  #worker = -1;
  #strikes = 0;
  #struckAt = 0;
  #restUntil = 0;

  constructor(id: number, ring: RawRing) {
    this.id = id;
    this.#ring = ring;
  }

  get size(): ScreenSize {
    return this.#size;
  }

  resize(size: ScreenSize): void {
    this.#size = size;
    this.#sizes = [...this.#sizes.slice(1 - SIZES), { at: this.#ring.end, size }];
  }

  /** Whether this worker, counted from the first, holds an emulator of it. */
  livesIn(worker: number): boolean {
    return this.#worker === worker;
  }

  /** A screen whose bytes ended a worker is left alone for a while: its console is repainted from the raw ring. */
  isResting(now: number): boolean {
    return now < this.#restUntil;
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

  /** @returns all that this worker's emulator has yet to be given; it counts as given */
  nextJob(worker: number, question: ScreenQuestion | null): ScreenJob {
    const first = this.#worker === -1 && this.#ring.start === 0;
    const fresh = this.#worker === worker ? null : first ? FIRST_SIZE : this.#size;
    const steps = fresh === null || first ? this.#pending() : [beginning(this.#ring)];
    this.#worker = worker;
    this.#fed = this.#ring.end;
    this.#sizes = [];
    return { screen: this.id, fresh, steps, question, close: false };
  }

  /** @returns a job for an emulator of its own, that sees only what came from this position on */
  jobSince(position: number, id: number, question: ScreenQuestion): ScreenJob {
    return { screen: id, fresh: this.#size, steps: [this.#ring.range(position)], question, close: true };
  }

  #pending(): (Uint8Array | ScreenSize)[] {
    const steps: (Uint8Array | ScreenSize)[] = [];
    let from = this.#fed;
    if (from < this.#ring.start) {
      steps.push(CUT);
      from = this.#ring.start;
    }
    for (const { at, size } of this.#sizes) {
      if (at > from) steps.push(this.#ring.range(from, at));
      steps.push(size);
      from = Math.max(from, at);
    }
    if (from < this.#ring.end) steps.push(this.#ring.range(from));
    return steps;
  }
}

/** The ring from its oldest byte; from its first whole line, where older bytes are gone. */
function beginning(ring: RawRing): Buffer {
  const bytes = ring.range(ring.start);
  return ring.start === 0 ? bytes : bytes.subarray(bytes.subarray(0, HEAD).indexOf(0x0a) + 1);
}
