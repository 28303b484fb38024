/** From one mark to the next, in bytes of what the console said. */
export const MARK_BYTES = 32 * 1024;

/** A picture that is larger is not kept: a guest can make one of a megabyte. */
const LARGEST = 64 * 1024;

/** What a screen showed after the byte before this position, as bytes for a terminal of its size. */
interface ScreenMark {
  readonly position: number;
  readonly picture: Uint8Array;
}

/** What an emulator showed from time to time, as far back as the raw ring goes: one of another size begins from there. */
export class ScreenMarks {
  readonly #reach: number;
  #marks: ScreenMark[] = [];
  #last: number;

  /** @param reach how far back they are of use, in bytes @param position where the emulator begins */
  constructor(reach: number, position: number) {
    this.#reach = reach;
    this.#last = position;
  }

  /** How many bytes more until the next is due. */
  due(position: number): number {
    return Math.max(0, this.#last + MARK_BYTES - position);
  }

  add(position: number, picture: Uint8Array): void {
    this.#last = position;
    this.#marks = this.#marks.filter((mark) => mark.position >= position - this.#reach);
    if (picture.length <= LARGEST) this.#marks.push({ position, picture });
  }

  /** @returns the oldest that stands between two positions */
  within(from: number, to: number): ScreenMark | null {
    return this.#marks.find(({ position }) => position >= from && position <= to) ?? null;
  }
}
