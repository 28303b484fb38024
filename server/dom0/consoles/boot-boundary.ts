import type { ConsoleNote } from '../../wire/console.js';
import type { Incarnation } from '../toolstack/incarnation.js';

type BootNote = Extract<ConsoleNote, { note: 'boot' }>;

/**
 * The time between two boots: the next one has begun and has said nothing yet, so that the screen still shows the one before. Its
 * prompt looks alive and takes nothing.
 */
export class BootBoundary {
  #began: Date | null = null;
  #seen: { readonly incarnation: Incarnation; readonly since: number } | null = null;

  /** What those who come now have to know; null when the screen is the running boot's. */
  get note(): BootNote | null {
    return this.#began === null ? null : { note: 'boot', began: this.#began.toISOString(), silent: true };
  }

  /** An incarnation was seen. @param since when it started, milliseconds since 1970 */
  observed(incarnation: Incarnation, since: number): void {
    this.#seen = { incarnation, since };
  }

  /** Another incarnation begins, below what the one before left. @returns what those present are told */
  begins({ uuid, domid }: Incarnation, now: number): BootNote {
    const seen = this.#seen?.incarnation;
    const isSeen = seen?.uuid === uuid && seen.domid === domid;
    // A console that was locked, or is open only on demand, begins long after its domain.
    const since = isSeen ? (this.#seen?.since ?? now) : now;
    this.#began = new Date(Math.min(since, now));
    return { note: 'boot', began: this.#began.toISOString(), silent: true };
  }

  /** It says something. @returns what those present are told, before it; null when that was not its first */
  spoke(): BootNote | null {
    if (this.#began === null) return null;
    const began = this.#began.toISOString();
    this.#began = null;
    return { note: 'boot', began, silent: false };
  }
}
