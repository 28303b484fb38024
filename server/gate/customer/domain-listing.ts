import type { MenuDomain } from '../../../menus/menu-domain.js';

/** A list of domains that is being made, one domain with each step. */
export class DomainListing {
  /** How many steps it takes. */
  readonly size: number;
  readonly #make: (at: number) => MenuDomain | null;
  readonly #made: MenuDomain[] = [];
  #at = 0;

  /** @param make makes the domain with this number; null when it is not shown */
  constructor(size: number, make: (at: number) => MenuDomain | null) {
    this.size = size;
    this.#make = make;
  }

  /** @returns false when all are made */
  step(): boolean {
    if (this.#at < this.size) {
      const made = this.#make(this.#at);
      this.#at += 1;
      if (made !== null) this.#made.push(made);
    }
    return this.#at < this.size;
  }

  /** Makes the rest. @returns all of them, by name */
  finish(): readonly MenuDomain[] {
    while (this.step());
    // Without the room that `#made` has for more: a menu keeps it.
    return this.#made.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }
}

/** @returns where a domain of this name is in a list that is sorted by name, or where it belongs */
export function placeOf(list: readonly MenuDomain[], name: string): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((list[middle]?.name ?? '') < name) from = middle + 1;
    else to = middle;
  }
  return from;
}
