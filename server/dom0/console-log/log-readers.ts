import type { DomainName } from '../../../policy/names.js';

/** Of one domain's log at once: whoever reads slowly holds a connection. */
const MOST = 32;

/** How many read each log just now. */
export class LogReaders {
  readonly #reading = new Map<DomainName, number>();

  /** @returns what is to be called, once, when the reader has gone; null when there are too many */
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
