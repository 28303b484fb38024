import type { ConsoleNote } from '../../wire/console.js';
import { isSameIncarnation } from '../toolstack/incarnation.js';
import type { Incarnation } from '../toolstack/incarnation.js';

type BootNote = Extract<ConsoleNote, { note: 'boot' }>;

/**
 * The time between two boots: the next boot has begun but printed nothing, so the screen still shows the one
 * before. Its prompt looks alive but takes no input.
 */
export class BootBoundary {
  #began: Date | null = null;
  #seen: { readonly incarnation: Incarnation; readonly since: number } | null = null;

  /** The note for newcomers; null when the screen is the running boot's. */
  get note(): BootNote | null {
    return this.#began === null ? null : { note: 'boot', began: this.#began.toISOString(), silent: true };
  }

  /**
   * Notes an observed incarnation. @param since the start of its observed state, milliseconds since the
   * epoch: it stands for the incarnation's start
   */
  observed(incarnation: Incarnation, since: number): void {
    this.#seen = { incarnation, since };
  }

  /** Another incarnation begins, below the output of the one before. @returns the note for those present */
  begins(incarnation: Incarnation, now: number): BootNote {
    const isSeen = isSameIncarnation(this.#seen?.incarnation ?? null, incarnation);
    // A console that was locked, or opens only on demand, begins long after its domain.
    const since = isSeen ? (this.#seen?.since ?? now) : now;
    this.#began = new Date(Math.min(since, now));
    return { note: 'boot', began: this.#began.toISOString(), silent: true };
  }

  /**
   * The console prints something. @returns the note to send before it; null when it is
   * not the boot's first output
   */
  spoke(): BootNote | null {
    if (this.#began === null) return null;
    const began = this.#began.toISOString();
    this.#began = null;
    return { note: 'boot', began, silent: false };
  }
}
