import type { MarkKind } from './log-mark.js';
import type { Piece } from './log-segments.js';
import type { WriteBudget } from './write-budget.js';

/** The most output that waits for a slow disk; more is dropped. */
const WAITING_BYTES = 2 * 1024 * 1024;
/** Bytes within this time of the last mark have that mark's time. */
const SAME_TIME_MS = 100;

/** The output of one console that waits for the disk, with its marks. What does not fit is dropped and counted. */
export class WaitingOutput {
  readonly #budget: WriteBudget;
  #pieces: Piece[] = [];
  #bytes = 0;
  #timedAt = -Infinity;
  #dropped = 0;
  #droppedAt = 0;

  constructor(budget: WriteBudget) {
    this.#budget = budget;
  }

  /** How many bytes wait, without the marks. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** How many bytes were dropped since the last mark that says so. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Milliseconds since bytes were last dropped. */
  get sinceDropped(): number {
    return performance.now() - this.#droppedAt;
  }

  /** @param fits at most this many of the bytes may wait @param at milliseconds since the epoch */
  add(bytes: Buffer, fits: number, at: number): void {
    const taken = this.#budget.fit(Math.min(fits, WAITING_BYTES - this.#bytes));
    if (taken > 0) {
      this.noteDropped(at);
      if (this.isEmpty || Math.abs(at - this.#timedAt) >= SAME_TIME_MS) this.mark({ mark: 'time' }, at);
      this.#pieces.push(Buffer.from(bytes.subarray(0, taken)));
      this.#bytes += taken;
      this.#budget.taken += taken;
    }
    if (taken < bytes.length) this.drop(bytes.length - taken);
  }

  /** Adds a mark for the bytes that follow. */
  mark(kind: MarkKind, at: number): void {
    this.noteDropped(at);
    this.#push({ ...kind, at });
  }

  /** Counts bytes as dropped. */
  drop(bytes: number): void {
    this.#dropped += bytes;
    this.#droppedAt = performance.now();
  }

  /** Marks the gap where bytes were dropped, if there is one. */
  noteDropped(at: number): void {
    if (this.#dropped === 0) return;
    this.#push({ mark: 'dropped', bytes: this.#dropped, at });
    this.#dropped = 0;
  }

  /** Takes out all that waits. Call `release` when it was written or lost. */
  take(): { readonly pieces: readonly Piece[]; readonly bytes: number } {
    const taken = { pieces: this.#pieces, bytes: this.#bytes };
    this.#pieces = [];
    this.#bytes = 0;
    return taken;
  }

  /** These bytes wait no more. */
  release(bytes: number): void {
    this.#budget.taken -= bytes;
  }

  /** Puts a piece back before all others. */
  putFirst(piece: Piece): void {
    this.#pieces.unshift(piece);
  }

  /** Forgets all that waits, and what was dropped. */
  clear(): void {
    this.release(this.take().bytes);
    this.#dropped = 0;
  }

  #push(mark: MarkKind & { readonly at: number }): void {
    this.#pieces.push(mark);
    this.#timedAt = mark.at;
  }
}
