import { ACTIONS } from './actions.js';
import type { Action } from './actions.js';
import { namesCustomer, namesDomain } from './match.js';
import type { CustomerName, DomainName } from './names.js';
import type { Policy, Rule } from './policy.js';
import type { Right } from './right.js';
import { isUnconditional, right, sameRight, seenRight } from './right.js';
import type { Role } from './roles.js';
import { Sorting } from './sorting.js';

/** A customer's role on a domain. */
export interface Holding {
  readonly customer: CustomerName;
  readonly domain: DomainName;
  readonly role: Role;
}

/**
 * A question: for `rescue` with a profile, for `reinstall` with an image, for `sysrq` with a key. Null stands for any that no rule names.
 */
interface Question {
  readonly action: Action;
  readonly named: string | null;
}

/** The names that rules can limit these actions to. */
const NARROWED = {
  rescue: { kind: 'profile', names: ({ profiles }: Rule): readonly string[] => profiles },
  reinstall: { kind: 'image', names: ({ images }: Rule): readonly string[] => images },
  sysrq: { kind: 'key', names: ({ sysrqKeys }: Rule): readonly string[] => sysrqKeys },
} as const;

type NarrowedAction = keyof typeof NARROWED;

/** Rights of some customers on some domains that change in the same way, by the same rules. */
export interface RightsChange {
  readonly kind: 'gain' | 'lose' | 'change';
  /**
   * A rescue limited to some profiles is `rescue (debian-installer)` and `rescue (any other profile)`. Images
   * and SysRq keys are alike.
   */
  readonly actions: readonly string[];
  /** Sorted. */
  readonly customers: readonly CustomerName[];
  /** Sorted. Not every customer need have a role on each domain. */
  readonly domains: readonly DomainName[];
  /** The number of roles that change. */
  readonly holdings: number;
  readonly before: Right;
  readonly after: Right;
}

/**
 * The customers with a role who gain or lose rights when one policy replaces another. Limits are not
 * compared. Customers and domains that no rule tells apart are asked about once, so a thousand customers with
 * a thousand domains take no time.
 *
 * @returns lose, then gain, then change; within each, the changes of most roles first
 */
export function rightsDiff(
  before: Policy,
  after: Policy,
  holdings: readonly Holding[],
): readonly RightsChange[] {
  const sides = [before, after];
  const rules = sides.flatMap((policy) => policy.rules.map((rule) => ({ policy, rule })));
  const who = new Sorting(
    new Set(holdings.map(({ customer }) => customer)),
    rules.map(({ policy, rule: { subjects } }) => ({
      key: JSON.stringify([subjects.customers, subjects.groups.map((group) => policy.groups[group])]),
      ask: (customer) => namesCustomer(policy, subjects, customer),
    })),
  );
  const which = new Sorting(
    new Set(holdings.map(({ domain }) => domain)),
    rules.map(({ policy, rule: { domains } }) => ({
      key: JSON.stringify([domains.names, domains.tags.map((tag) => policy.tags[tag])]),
      ask: (domain) => namesDomain(policy, domains, domain),
    })),
  );
  const alike = new Map<string, Holding[]>();
  for (const holding of holdings) {
    const { customer, domain, role } = holding;
    const key = `${who.classOf(customer)} ${role} ${which.classOf(domain)}`;
    const those = alike.get(key);
    if (those === undefined) alike.set(key, [holding]);
    else those.push(holding);
  }
  const questions = questionsOf(sides);
  const found = new Gathering(questions);
  for (const those of alike.values()) {
    const [first] = those;
    if (first === undefined) continue;
    const speaking = speakingRules(rules, who, which, first);
    const [was, is] = sides.map((policy) => {
      const own = speaking.filter((entry) => entry.policy === policy).map(({ rule }) => rule);
      return questions.map((question) => rightTo(own, question));
    });
    questions.forEach((question, index) => {
      const [old, now] = [was?.[index], is?.[index]];
      if (old !== undefined && now !== undefined && !sameRight(old, now))
        found.add(those, question, old, now);
    });
  }
  return found.changes();
}

interface RuleOfSide {
  readonly policy: Policy;
  readonly rule: Rule;
}

/** The rules of both policies that match this customer, domain and role. */
function speakingRules(
  rules: readonly RuleOfSide[],
  who: Sorting<CustomerName>,
  which: Sorting<DomainName>,
  { customer, domain, role }: Holding,
): readonly RuleOfSide[] {
  const speaks = which.yes(domain);
  return [...who.yes(customer)].flatMap((index) => {
    const entry = rules[index];
    if (entry === undefined || !speaks.has(index)) return [];
    const { roles } = entry.rule.subjects;
    return roles.length === 0 || roles.includes(role) ? [entry] : [];
  });
}

function rightTo(rules: readonly Rule[], question: Question): Right {
  const seen = right(speaking(rules, { action: 'status', named: null }));
  return question.action === 'status' ? seen : seenRight(seen, right(speaking(rules, question)));
}

function speaking(rules: readonly Rule[], { action, named }: Question): readonly Rule[] {
  const all = rules.filter((rule) => {
    if (!rule.actions.includes(action)) return false;
    const narrow = isNarrowed(action) ? NARROWED[action].names(rule) : [];
    return narrow.length === 0 || (named !== null && narrow.includes(named));
  });
  const end = all.findIndex(isUnconditional);
  return end < 0 ? all : all.slice(0, end + 1);
}

function questionsOf(sides: readonly Policy[]): readonly Question[] {
  const rules = sides.flatMap((policy) => policy.rules);
  return ACTIONS.flatMap((action) => {
    const names = isNarrowed(action) ? new Set(rules.flatMap(NARROWED[action].names)) : [];
    return [...names, null].map((named) => ({ action, named }));
  });
}

function isNarrowed(action: Action): action is NarrowedAction {
  return Object.hasOwn(NARROWED, action);
}

/**
 * Groups changes that are alike: first questions about the same customers, then customers with the same
 * questions.
 */
class Gathering {
  readonly #questions: readonly Question[];
  readonly #ids = new Map<Rule, number>();
  readonly #found = new Map<readonly Holding[], Map<string, Part>>();

  /** @param questions all questions that are asked */
  constructor(questions: readonly Question[]) {
    this.#questions = questions;
  }

  add(holdings: readonly Holding[], question: Question, before: Right, after: Right): void {
    const parts = this.#found.get(holdings) ?? new Map<string, Part>();
    this.#found.set(holdings, parts);
    const key = `${this.#key(before)} ${this.#key(after)}`;
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { questions: [question], before, after });
    else part.questions.push(question);
  }

  changes(): readonly RightsChange[] {
    const groups = new Map<string, Part & { readonly holdings: Holding[] }>();
    for (const [holdings, parts] of this.#found) {
      for (const [rules, part] of parts) {
        const key = `${rules} ${JSON.stringify(part.questions)}`;
        const group = groups.get(key) ?? { ...part, holdings: [] };
        groups.set(key, group);
        for (const holding of holdings) group.holdings.push(holding);
      }
    }
    const changes = [...groups.values()].map(({ holdings, questions, before, after }) => ({
      kind: kindOf(before, after),
      actions: this.#actions(questions),
      before,
      after,
      customers: [...new Set(holdings.map(({ customer }) => customer))].sort(),
      domains: [...new Set(holdings.map(({ domain }) => domain))].sort(),
      holdings: holdings.length,
    }));
    const rank = ({ kind }: RightsChange): number => KINDS.indexOf(kind);
    return changes.sort((a, b) => rank(a) - rank(b) || b.holdings - a.holdings);
  }

  #actions(questions: readonly Question[]): readonly string[] {
    const asked = (action: Action, of: readonly Question[]): number =>
      of.filter((question) => question.action === action).length;
    const words = questions.map(({ action, named }) => {
      if (!isNarrowed(action) || asked(action, questions) === asked(action, this.#questions)) return action;
      return `${action} (${named ?? `any other ${NARROWED[action].kind}`})`;
    });
    return [...new Set(words)];
  }

  #key({ standing, rules }: Right): string {
    return [standing, ...rules.map((rule) => this.#id(rule))].join('.');
  }

  #id(rule: Rule): number {
    const id = this.#ids.get(rule) ?? this.#ids.size;
    this.#ids.set(rule, id);
    return id;
  }
}

interface Part {
  readonly questions: Question[];
  readonly before: Right;
  readonly after: Right;
}

const KINDS: readonly RightsChange['kind'][] = ['lose', 'gain', 'change'];

function kindOf(before: Right, after: Right): RightsChange['kind'] {
  const more = HEIGHT[after.standing] - HEIGHT[before.standing];
  return more > 0 ? 'gain' : more < 0 ? 'lose' : 'change';
}

const HEIGHT: Readonly<Record<Right['standing'], number>> = { never: 0, sometimes: 1, always: 2 };
