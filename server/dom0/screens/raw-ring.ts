import { MARK_BYTES } from './screen-marks.js';

/** The least amount of a console's output that is kept. */
export const RING_BYTES = 256 * 1024;

/** The amount that is kept, so that a replay from a mark reaches back RING_BYTES. */
export const REACH_BYTES = RING_BYTES + MARK_BYTES;

const FIRST_CAPACITY = 4 * 1024;
const MARKS = 4096;

/** The byte at `position` was the first that came at `at`, milliseconds since the epoch. */
interface Mark {
  readonly position: number;
  readonly at: number;
}

/**
 * The newest bytes of a console, with their times. Positions count every byte since the beginning. A byte has
 * the time of the mark before it, so a question by time never gets an older byte.
 */
export class RawRing {
  readonly #limit: number;
  #buffer: Buffer = Buffer.alloc(0);
  #end = 0;
  #kept = 0;
  #marks: Mark[] = [];
  #bornAt: number | null = null;

  constructor(limit: number = REACH_BYTES) {
    this.#limit = limit;
  }

  /** The position of the oldest byte in the ring. */
  get start(): number {
    return this.#end - this.#kept;
  }

  /** The position of the next byte to come. */
  get end(): number {
    return this.#end;
  }

  /**
   * When the oldest byte came that may show on the screen, even if it is no longer in the
   * ring; null when none came.
   */
  get bornAt(): number | null {
    return this.#bornAt;
  }

  push(bytes: Buffer, at: number): void {
    if (bytes.length === 0) return;
    this.#bornAt = Math.min(this.#bornAt ?? at, at);
    this.#mark(at);
    const newest = bytes.subarray(Math.max(0, bytes.length - this.#limit));
    this.#makeRoom(newest.length);
    const capacity = this.#buffer.length;
    const place = (this.#end + bytes.length - newest.length) % capacity;
    const first = Math.min(newest.length, capacity - place);
    newest.copy(this.#buffer, place, 0, first);
    newest.copy(this.#buffer, 0, first);
    this.#end += bytes.length;
    this.#kept = Math.min(this.#kept + bytes.length, capacity);
  }

  /** @returns a copy of the bytes between two positions, as far as the ring has them */
  range(from: number, to: number = this.#end): Buffer {
    const begin = Math.max(from, this.start);
    const length = Math.max(0, Math.min(to, this.#end) - begin);
    const out = Buffer.allocUnsafe(length);
    if (length === 0) return out;
    const place = begin % this.#buffer.length;
    const first = Math.min(length, this.#buffer.length - place);
    this.#buffer.copy(out, 0, place, place + first);
    this.#buffer.copy(out, first, 0, length - first);
    return out;
  }

  /** @returns the position of the first byte in the ring that surely came at this time or later */
  positionSince(at: number): number {
    const later = this.#marks[this.#marks.findLastIndex((mark) => mark.at < at) + 1];
    return later === undefined ? this.#end : Math.max(later.position, this.start);
  }

  /** Forgets all bytes; positions go on. */
  clear(): void {
    this.#buffer = Buffer.alloc(0);
    this.#kept = 0;
    this.#marks = [];
    this.#bornAt = null;
  }

  #mark(at: number): void {
    if (this.#marks.at(-1)?.at === at) return;
    this.#marks.push({ position: this.#end, at });
    if (this.#marks.length > MARKS) this.#thinOut();
  }

  /**
   * Merges short spans into the ones before. Their bytes then count as older than they are, so fewer
   * people see them, never more.
   */
  #thinOut(): void {
    const span = (2 * this.#limit) / MARKS;
    const kept: Mark[] = [];
    for (const mark of this.#marks) {
      const last = kept.at(-1);
      if (mark.position <= this.start) kept.length = 0;
      else if (last !== undefined && mark.position - last.position < span && mark.at >= last.at) continue;
      kept.push(mark);
    }
    this.#marks = kept;
  }

  #makeRoom(more: number): void {
    const needed = Math.min(this.#kept + more, this.#limit);
    if (needed <= this.#buffer.length) return;
    let capacity = Math.max(this.#buffer.length, FIRST_CAPACITY);
    while (capacity < needed) capacity *= 2;
    const kept = this.range(this.start);
    const grown = Buffer.alloc(Math.min(capacity, this.#limit));
    const place = this.start % grown.length;
    const first = Math.min(kept.length, grown.length - place);
    kept.copy(grown, place, 0, first);
    kept.copy(grown, 0, first);
    this.#buffer = grown;
  }
}
