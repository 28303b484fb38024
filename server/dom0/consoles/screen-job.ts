import type { ScreenText } from '../../wire/console.js';

/** What is asked of an emulator. */
export type ScreenQuestion =
  /** The repaint, for a terminal of this size; null: for one of the screen's own. */
  { readonly ask: 'picture'; readonly view: ScreenSize | null } | { readonly ask: 'text' };

/** A piece of work for the screens' worker: bytes to take in, sizes to take on, in this order. */
export interface ScreenJob {
  readonly screen: number;
  /** Begin with an empty emulator of this size; null goes on with the one there is. */
  readonly fresh: ScreenSize | null;
  readonly steps: readonly (Uint8Array | ScreenSize)[];
  /** What to answer once they are done; null: nothing. */
  readonly question: ScreenQuestion | null;
  /** Forget the emulator afterwards. */
  readonly close: boolean;
}

export interface ScreenSize {
  readonly cols: number;
  readonly rows: number;
}

/** The worker's answer to each job, in order. */
export interface ScreenAnswer {
  readonly answer: Uint8Array | ScreenText | null;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

export const MIN_SIZE: ScreenSize = { cols: 20, rows: 5 };
export const MAX_SIZE: ScreenSize = { cols: 300, rows: 100 };
export const FIRST_SIZE: ScreenSize = { cols: 80, rows: 24 };

/** @returns a size that an emulator can bear, null when what was given is none (OpenSSH without a terminal sends 0×0) */
export function clampSize(cols: number, rows: number): ScreenSize | null {
  if (!Number.isInteger(cols) || !Number.isInteger(rows) || cols <= 0 || rows <= 0) return null;
  return {
    cols: Math.min(Math.max(cols, MIN_SIZE.cols), MAX_SIZE.cols),
    rows: Math.min(Math.max(rows, MIN_SIZE.rows), MAX_SIZE.rows),
  };
}
