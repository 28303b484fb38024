import type { RawRing } from './raw-ring.js';
import type { ScreenJob, ScreenQuestion, ScreenSize } from './screen-job.js';

/** What an emulator is to its console. */
interface CopyParts {
  readonly id: number;
  readonly size: ScreenSize;
  /** Whether emulators of other sizes begin from what this one remembers. */
  readonly marks: boolean;
}

/**
 * What one emulator of a console has been given, and what comes next. The bytes stay in the ring: one that lags by more than the
 * ring keeps goes on with the newest, one that died is made anew from the ring.
 */
export class ScreenCopy {
  readonly id: number;
  readonly size: ScreenSize;
  readonly #marks: boolean;
  #fed = 0;
  #worker = -1;

  constructor({ id, size, marks }: CopyParts) {
    this.id = id;
    this.size = size;
    this.#marks = marks;
  }

  /** Whether this worker, counted from the first, holds the emulator. */
  livesIn(worker: number): boolean {
    return this.#worker === worker;
  }

  /** How many bytes it has yet to be given; more than the ring keeps, when it must begin anew. */
  lag(ring: RawRing, worker: number): number {
    return this.#worker === worker ? ring.end - this.#fed : Infinity;
  }

  /** The emulator is lost. */
  forget(): void {
    this.#worker = -1;
  }

  /**
   * @param after whose marks tell what stood there before the ring, should it begin anew
   * @returns all that this worker's emulator has yet to be given; it counts as given
   */
  nextJob(
    ring: RawRing,
    worker: number,
    after: ScreenCopy | null,
    question: ScreenQuestion | null,
  ): ScreenJob {
    const isNew = this.#worker !== worker;
    const from = isNew ? ring.start : Math.max(this.#fed, ring.start);
    const gap = isNew ? from > 0 : from > this.#fed;
    this.#worker = worker;
    this.#fed = ring.end;
    return {
      emulator: this.id,
      fresh: isNew ? { size: this.size, after: after?.id ?? null } : null,
      bytes: ring.range(from),
      from,
      gap,
      marks: this.#marks,
      question,
      close: false,
    };
  }

  closingJob(): ScreenJob {
    const nothing = {
      fresh: null,
      bytes: Buffer.alloc(0),
      from: 0,
      gap: false,
      marks: false,
      question: null,
    };
    this.#worker = -1;
    return { emulator: this.id, ...nothing, close: true };
  }
}
