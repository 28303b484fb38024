import type { DomainName } from '../../../policy/names.js';

/** The most readers of one domain's log at once: a slow reader holds a connection. */
const MOST = 32;

/** Counts the present readers of each log. */
export class LogReaders {
  readonly #reading = new Map<DomainName, number>();

  /** @returns a function to call once, when the reader leaves; null when there are too many */
  enter(name: DomainName): (() => void) | null {
    const reading = this.#reading.get(name) ?? 0;
    if (reading >= MOST) return null;
    this.#reading.set(name, reading + 1);
    return () => {
      const left = (this.#reading.get(name) ?? 1) - 1;
      if (left > 0) this.#reading.set(name, left);
      else this.#reading.delete(name);
    };
  }
}
