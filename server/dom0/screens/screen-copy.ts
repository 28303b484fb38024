import type { RawRing } from './raw-ring.js';
import type { ScreenJob, ScreenQuestion, ScreenSize } from './screen-job.js';

/** How an emulator serves its console. */
interface CopyParts {
  readonly id: number;
  readonly size: ScreenSize;
  /** Whether emulators of other sizes may begin from this one's marks. */
  readonly marks: boolean;
}

/**
 * How far one emulator of a console has been fed, and its next piece. The bytes stay in the ring. An emulator
 * that lags by more than the ring goes on with the newest bytes; one that died is made anew from the ring.
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

  /** Whether this worker holds the emulator. Workers are numbered. */
  livesIn(worker: number): boolean {
    return this.#worker === worker;
  }

  /** How many bytes the emulator still has to get; Infinity when it must begin anew. */
  lag(ring: RawRing, worker: number): number {
    return this.#worker === worker ? ring.end - this.#fed : Infinity;
  }

  /** The emulator is lost. */
  forget(): void {
    this.#worker = -1;
  }

  /**
   * @param after its marks tell what the screen showed before the ring, if this emulator begins anew
   * @returns all that this worker's emulator still has to get; it counts as fed then
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
