import type { Action } from '../policy/actions.js';
import type { Policy, Rule } from '../policy/policy.js';
import { ROLES } from '../policy/roles.js';

/** A rule that can never decide, and the last of the earlier rules that leave it nothing. */
interface CoveredRule {
  readonly rule: Rule;
  readonly by: Rule;
}

/**
 * Finds rules that never decide: earlier rules take each of their actions, for all customers and domains that
 * they name. It finds only certain cases: it compares names and globs as words, and does not look into
 * groups.
 */
export function coveredRules(policy: Policy): readonly CoveredRule[] {
  const byWho = new WordIndex();
  const byWhich = new WordIndex();
  const covered: CoveredRule[] = [];
  for (const rule of policy.rules) {
    const reach = new Reach(rule);
    const candidates = fewer(byWho.candidates(reach.who), byWhich.candidates(reach.which));
    const takers = rule.actions.map((action) => candidates.find((wide) => wide.takes(reach, action)));
    const by = takers.includes(undefined) ? undefined : takers.at(-1);
    if (by !== undefined) covered.push({ rule, by: by.rule });
    // A rule that decides only at times leaves the rest to later rules.
    if (rule.when !== null) continue;
    byWho.add(reach.who, reach);
    byWhich.add(reach.which, reach);
  }
  return covered;
}

/** Null means everything. */
type Words = ReadonlySet<string> | null;

/** The customers and domains that a rule names. */
class Reach {
  readonly rule: Rule;
  readonly who: Words;
  readonly which: Words;
  readonly #roles: Words;
  readonly #profiles: Words;
  readonly #images: Words;
  readonly #sysrqKeys: Words;

  constructor(rule: Rule) {
    const { customers, groups, roles } = rule.subjects;
    const { names, tags } = rule.domains;
    this.rule = rule;
    this.who = words(customers, 'group', groups);
    this.which = words(names, 'tag', tags);
    this.#roles = roles.length === 0 || ROLES.every((role) => roles.includes(role)) ? null : new Set(roles);
    this.#profiles = rule.profiles.length === 0 ? null : new Set(rule.profiles);
    this.#images = rule.images.length === 0 ? null : new Set(rule.images);
    this.#sysrqKeys = rule.sysrqKeys.length === 0 ? null : new Set(rule.sysrqKeys);
  }

  /** Whether this rule decides the action for everything that a later rule names. */
  takes(later: Reach, action: Action): boolean {
    return (
      this.rule.actions.includes(action) &&
      holds(this.who, later.who) &&
      holds(this.#roles, later.#roles) &&
      holds(this.which, later.which) &&
      (action !== 'rescue' || holds(this.#profiles, later.#profiles)) &&
      (action !== 'reinstall' || holds(this.#images, later.#images)) &&
      (action !== 'sysrq' || holds(this.#sysrqKeys, later.#sysrqKeys))
    );
  }
}

/** Rules by the words that they name, so that thousands of rules need not be compared pair by pair. */
class WordIndex {
  readonly #ofEverything: Reach[] = [];
  readonly #byWord = new Map<string, Reach[]>();

  add(named: Words, reach: Reach): void {
    if (named === null) this.#ofEverything.push(reach);
    for (const word of named ?? []) {
      const found = this.#byWord.get(word);
      if (found === undefined) this.#byWord.set(word, [reach]);
      else found.push(reach);
    }
  }

  /** The rules that may name all of these words: those for everything, and those that name the first word. */
  candidates(named: Words): readonly Reach[] {
    const [first] = named ?? [];
    return first === undefined
      ? this.#ofEverything
      : [...this.#ofEverything, ...(this.#byWord.get(first) ?? [])];
  }
}

function words(names: readonly string[], kind: string, sets: readonly string[]): Words {
  if (names.length + sets.length === 0 || names.includes('*')) return null;
  return new Set([...names, ...sets.map((set) => `${kind} ${set}`)]);
}

function holds(wide: Words, narrow: Words): boolean {
  if (wide === null) return true;
  return narrow !== null && [...narrow].every((word) => wide.has(word));
}

function fewer<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  return a.length <= b.length ? a : b;
}
