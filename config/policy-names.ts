import type { Place } from '../policy/policy.js';
import type { PolicyDocument } from '../policy/policy-schema.js';
import type { ProblemReport } from './problem-report.js';

type Kind = 'group' | 'tag' | 'id';

/** The names that a policy defines in all its files: groups, tags, ids. Each may be defined once. */
export class PolicyNames {
  readonly #given: Readonly<Record<Kind, Map<string, Place>>> = {
    group: new Map(),
    tag: new Map(),
    id: new Map(),
  };
  /** Empty groups and tags: `group NAME`. */
  readonly #empty = new Set<string>();
  readonly #complete: boolean;

  /** @param complete whether every file could be read; only then is an undefined name a mistake */
  constructor(complete: boolean) {
    this.#complete = complete;
  }

  /** Learns the groups and tags of a file, even when their own entries are wrong. */
  learn(report: ProblemReport, document: PolicyDocument): void {
    for (const name of Object.keys(document.groups)) this.give('group', name, report, ['groups', name]);
    for (const name of Object.keys(document.tags)) this.give('tag', name, report, ['tags', name]);
    const empty = (record: Readonly<Record<string, readonly unknown[]>>): readonly string[] =>
      Object.keys(record).filter((name) => Array.isArray(record[name]) && record[name].length === 0);
    for (const name of empty(document.groups)) this.#empty.add(`group ${name}`);
    for (const name of empty(document.tags)) this.#empty.add(`tag ${name}`);
  }

  give(kind: Kind, name: string, report: ProblemReport, path: readonly string[]): void {
    const at = kind === 'id' ? 'value' : 'key';
    const place = report.place(path, at);
    const first = this.#given[kind].get(name);
    if (first === undefined) {
      this.#given[kind].set(name, place);
      return;
    }
    const where = first.file === place.file ? `line ${first.line}` : `${first.file}:${first.line}`;
    report.error({ path, at, message: `The ${kind} \`${name}\` is there already, at ${where}.` });
  }

  /** Reports a group, a tag or a rule's id that no file defines. */
  expect(kind: Kind, name: string, report: ProblemReport, path: readonly string[]): void {
    if (this.#empty.has(`${kind} ${name}`))
      report.warn({ path, message: `The ${kind} \`${name}\` is empty: nothing is meant by it.` });
    if (!this.#complete || this.#given[kind].has(name)) return;
    const known = [...this.#given[kind].keys()];
    const noun = kind === 'id' ? 'rule' : kind;
    const message = `There is no ${noun} \`${name}\`.`;
    report.error({ path, message, expected: someOf(known, noun), word: name, candidates: known });
  }
}

/** Names that are listed after a misspelt one. */
const LISTED = 20;

function someOf(names: readonly string[], kind: string): string {
  if (names.length === 0) return `a ${kind} that is defined under \`${kind}s:\``;
  const more = names.length > LISTED ? `, or ${names.length - LISTED} more` : '';
  return `one of ${names.slice(0, LISTED).join(', ')}${more}`;
}
