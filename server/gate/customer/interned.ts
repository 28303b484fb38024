import { BoundedMap } from '../../wire/token-bucket.js';

/** Different values that are remembered; beyond them the oldest is forgotten, and may then be there twice. */
const MOST = 1_000;

/** Keeps one object for all equal ones. So thousands of menus share what is the same in them. */
export class Interned {
  readonly #known = new BoundedMap<string, { value: object | null }>(MOST, () => ({ value: null }));

  /**
   * @param value plain data that nobody changes
   * @returns the first value that was equal to it
   */
  same<T extends object>(value: T): T {
    const place = this.#known.of(JSON.stringify(value));
    place.value ??= value;
    return place.value as T;
  }
}
