import type { Place } from './place.js';

/**
 * Something that the admin should read. `problem`: a decision is theirs, and nothing is done before; `left`: it was seen, and nothing
 * comes of it; `note`: it is taken, and they should know.
 */
export interface Finding {
  readonly kind: 'problem' | 'left' | 'note';
  readonly place: Place;
  /** Without a capital and a full stop; it repeats nothing of a file but names and fingerprints. */
  readonly sentence: string;
}

/** A file can be full of what is nothing. */
const MOST_OF_A_FILE = 20;

/** What was found, in order. */
export class Findings {
  readonly #all: Finding[] = [];
  readonly #counts = new Map<string, number>();

  problem(place: Place, sentence: string): void {
    this.#add({ kind: 'problem', place, sentence });
  }

  left(place: Place, sentence: string): void {
    this.#add({ kind: 'left', place, sentence });
  }

  /** Of each file the first, then how many more there are. */
  get all(): readonly Finding[] {
    const more = [...this.#counts].filter(([, count]) => count > MOST_OF_A_FILE);
    return [
      ...this.#all,
      ...more.map(([file, count]): Finding => ({
        kind: 'left',
        place: { file, line: 1 },
        sentence: `there is more of the kind in it: ${count - MOST_OF_A_FILE}`,
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
