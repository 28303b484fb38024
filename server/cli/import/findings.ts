import type { Place } from './place.js';

/**
 * A message for the admin. `problem`: nothing is imported until the admin decides. `left`: it was seen and is
 * not taken over. `note`: it is taken over, and the admin should know about it.
 */
export interface Finding {
  readonly kind: 'problem' | 'left' | 'note';
  readonly place: Place;
  /** Without a capital or a full stop. From the files it repeats only names and fingerprints. */
  readonly sentence: string;
}

/** A file may hold thousands of useless lines. */
const MOST_OF_A_FILE = 20;

/** Collects findings in order. */
export class Findings {
  readonly #all: Finding[] = [];
  readonly #counts = new Map<string, number>();

  problem(place: Place, sentence: string): void {
    this.#add({ kind: 'problem', place, sentence });
  }

  left(place: Place, sentence: string): void {
    this.#add({ kind: 'left', place, sentence });
  }

  /** The first findings of each file, then how many more there are. */
  get all(): readonly Finding[] {
    const more = [...this.#counts].filter(([, count]) => count > MOST_OF_A_FILE);
    return [
      ...this.#all,
      ...more.map(([file, count]): Finding => ({
        kind: 'left',
        place: { file, line: 1 },
        sentence: `this file has ${count - MOST_OF_A_FILE} more findings of this kind`,
      })),
    ];
  }

  note(place: Place, sentence: string): void {
    this.#add({ kind: 'note', place, sentence });
  }

  #add(finding: Finding): void {
    const { file } = finding.place;
    const count = (this.#counts.get(file) ?? 0) + 1;
    this.#counts.set(file, count);
    if (count <= MOST_OF_A_FILE) this.#all.push(finding);
  }
}
