import type { ScreenText } from '../../wire/console.js';

/** What is asked of an emulator. */
export type ScreenQuestion =
  /**
   * What makes a terminal show what it shows, in whatever state it is. `view`: one of this size shows the nearest to it, each row in a row
   * of its own; null: one of its own size shows it all.
   */
  { readonly ask: 'picture'; readonly view: ScreenSize | null } | { readonly ask: 'text' };

/** A piece of work for the screens' worker: what one emulator is given next, and what it is asked then. */
export interface ScreenJob {
  /** Each emulator has a number of its own. */
  readonly emulator: number;
  /** Begin with a new one; null goes on with the one there is. */
  readonly fresh: FreshScreen | null;
  readonly bytes: Uint8Array;
  /** The position of the first of them, among all that its console said. */
  readonly from: number;
  /** What came just before them is missing. */
  readonly gap: boolean;
  /** Whether others may begin from what it shows: it then remembers it from time to time. */
  readonly marks: boolean;
  /** What to answer once they are done; null: nothing. */
  readonly question: ScreenQuestion | null;
  /** Forget the emulator afterwards. */
  readonly close: boolean;
}

/** How an emulator begins. */
export interface FreshScreen {
  readonly size: ScreenSize;
  /** The emulator that remembers what stood there before the bytes; null where that does not matter. */
  readonly after: number | null;
}

export interface ScreenSize {
  readonly cols: number;
  readonly rows: number;
}

/** The worker's answer to each job, in order. */
export interface ScreenAnswer {
  /** Null as well when there is no such emulator, or it took too long. */
  readonly answer: Uint8Array | ScreenText | null;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** As small as an emulator can be. */
const MIN_SIZE: ScreenSize = { cols: 2, rows: 1 };
export const MAX_SIZE: ScreenSize = { cols: 300, rows: 100 };
/** What a guest takes its terminal for that was told nothing else. */
export const FIRST_SIZE: ScreenSize = { cols: 80, rows: 24 };

/** @returns a size that an emulator can bear, null when what was given is none (OpenSSH without a terminal sends 0×0) */
export function clampSize(cols: number, rows: number): ScreenSize | null {
  if (!Number.isInteger(cols) || !Number.isInteger(rows) || cols <= 0 || rows <= 0) return null;
  return {
    cols: Math.min(Math.max(cols, MIN_SIZE.cols), MAX_SIZE.cols),
    rows: Math.min(Math.max(rows, MIN_SIZE.rows), MAX_SIZE.rows),
  };
}

export function isSameSize(one: ScreenSize, other: ScreenSize): boolean {
  return one.cols === other.cols && one.rows === other.rows;
}
