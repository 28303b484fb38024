/** The distance between two marks, in bytes of output. */
export const MARK_BYTES = 32 * 1024;

/** A larger picture is not kept: a guest can cause one of a megabyte. */
const LARGEST = 64 * 1024;

/** The screen after the byte before this position, as bytes for a terminal of its size. */
interface ScreenMark {
  readonly position: number;
  readonly picture: Uint8Array;
}

/**
 * Pictures of an emulator, taken from time to time, as far back as the raw ring goes. An emulator of another
 * size begins from one of them.
 */
export class ScreenMarks {
  readonly #reach: number;
  #marks: ScreenMark[] = [];
  #last: number;

  /** @param reach how far back marks are useful, in bytes @param position where the emulator begins */
  constructor(reach: number, position: number) {
    this.#reach = reach;
    this.#last = position;
  }

  /** How many more bytes until the next mark is due. */
  due(position: number): number {
    return Math.max(0, this.#last + MARK_BYTES - position);
  }

  add(position: number, picture: Uint8Array): void {
    this.#last = position;
    this.#marks = this.#marks.filter((mark) => mark.position >= position - this.#reach);
    if (picture.length <= LARGEST) this.#marks.push({ position, picture });
  }

  /** @returns the oldest mark between two positions */
  within(from: number, to: number): ScreenMark | null {
    return this.#marks.find(({ position }) => position >= from && position <= to) ?? null;
  }
}
