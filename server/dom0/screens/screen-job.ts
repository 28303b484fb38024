import type { ScreenText } from '../../wire/console.js';
import type { ScreenLines } from '../../wire/screen.js';

/** A question to an emulator. */
export type ScreenQuestion =
  /**
   * `picture`: the bytes that make a terminal in any state show the screen. With `view` the terminal
   * has that size and shows the nearest, each row in a row of its own; with null it has the
   * emulator's size and shows all.
   */
  | { readonly ask: 'picture'; readonly view: ScreenSize | null }
  /** `text`: the last lines up to the cursor. `lines`: all lines. */
  | { readonly ask: 'text' | 'lines' };

/** A piece of work for the screens' worker: the next bytes for one emulator, and a question after them. */
export interface ScreenJob {
  /** Each emulator has its own number. */
  readonly emulator: number;
  /** Begin with a new emulator; null goes on with the present one. */
  readonly fresh: FreshScreen | null;
  readonly bytes: Uint8Array;
  /** The position of the first byte, in all of its console's output. */
  readonly from: number;
  /** The bytes just before these are missing. */
  readonly gap: boolean;
  /** Whether the emulator takes marks from time to time, from which others may begin. */
  readonly marks: boolean;
  /** The question to answer after the bytes; null: none. */
  readonly question: ScreenQuestion | null;
  /** Forget the emulator afterwards. */
  readonly close: boolean;
}

/** How an emulator begins. */
export interface FreshScreen {
  readonly size: ScreenSize;
  /**
   * The emulator whose marks tell what the screen showed before the bytes; null where that does not matter.
   */
  readonly after: number | null;
}

export interface ScreenSize {
  readonly cols: number;
  readonly rows: number;
}

/** The worker's answer to each job, in order. */
export interface ScreenAnswer {
  /** Also null when there is no such emulator, or it took too long. */
  readonly answer: Uint8Array | ScreenText | ScreenLines | null;
  /** Milliseconds of processor time that it took. */
  readonly ms: number;
}

/** What the worker says: when it has loaded its code, and after each job. */
export interface ScreenReport {
  /** Null when it has loaded its code. */
  readonly answer: ScreenAnswer | null;
  /** Milliseconds of processor time that it has taken since it began. */
  readonly spentMs: number;
}

/** The smallest size of an emulator. */
const MIN_SIZE: ScreenSize = { cols: 2, rows: 1 };
export const MAX_SIZE: ScreenSize = { cols: 300, rows: 100 };
/** The size that a guest assumes when it was told none. */
export const FIRST_SIZE: ScreenSize = { cols: 80, rows: 24 };

/**
 * @returns a size that an emulator supports; null when there is none (OpenSSH without a terminal sends 0×0)
 */
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
