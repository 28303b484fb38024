import type { MenuDomain } from '../../../menus/menu-domain.js';

/** A list of domains that is being made, at most one domain with each step. */
export class DomainListing {
  /** How many domains it may have. */
  readonly size: number;
  readonly #steps: number;
  readonly #make: (at: number) => MenuDomain | null;
  readonly #made: MenuDomain[] = [];
  #at = 0;

  /** @param make takes the step with this number; null when it makes no domain that is shown */
  constructor(size: number, steps: number, make: (at: number) => MenuDomain | null) {
    this.size = size;
    this.#steps = steps;
    this.#make = make;
  }

  /** @returns false when all are made */
  step(): boolean {
    if (this.#at < this.#steps) {
      const made = this.#make(this.#at);
      this.#at += 1;
      if (made !== null) this.#made.push(made);
    }
    return this.#at < this.#steps;
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
