/** A question about a name. Questions with the same key have the same answers. */
interface SortingQuestion<Name extends string> {
  readonly key: string;
  readonly ask: (name: Name) => boolean;
}

/** Sorts names into classes: names with the same answers to all questions. */
export class Sorting<Name extends string> {
  readonly #classes = new Map<Name, AnswerClass>();

  constructor(names: Iterable<Name>, questions: readonly SortingQuestion<Name>[]) {
    const distinct = new Map(questions.map(({ key, ask }) => [key, ask]));
    const rank = new Map([...distinct.keys()].map((key, index) => [key, index]));
    const ranks = questions.map(({ key }) => rank.get(key) ?? -1);
    const asks = [...distinct.values()];
    const bySignature = new Map<string, AnswerClass>();
    for (const name of names) {
      const signature = asks.map((ask) => (ask(name) ? '1' : '0')).join('');
      const known = bySignature.get(signature) ?? answerClass(bySignature.size, ranks, signature);
      bySignature.set(signature, known);
      this.#classes.set(name, known);
    }
  }

  classOf(name: Name): number {
    return this.#of(name).id;
  }

  /** The indexes of the questions with the answer yes. */
  yes(name: Name): ReadonlySet<number> {
    return this.#of(name).yes;
  }

  #of(name: Name): AnswerClass {
    const found = this.#classes.get(name);
    if (found === undefined) throw new RangeError(`${name} was not sorted`);
    return found;
  }
}

interface AnswerClass {
  readonly id: number;
  readonly yes: ReadonlySet<number>;
}

function answerClass(id: number, ranks: readonly number[], signature: string): AnswerClass {
  const yes = new Set<number>();
  for (const [index, rank] of ranks.entries()) if (signature[rank] === '1') yes.add(index);
  return { id, yes };
}
