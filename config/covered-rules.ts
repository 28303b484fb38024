import type { Action } from '../policy/actions.js';
import type { Policy, Rule } from '../policy/policy.js';
import { ROLES } from '../policy/roles.js';

/** A rule that can never decide anything, and the last of the earlier rules that take it all. */
export interface CoveredRule {
  readonly rule: Rule;
  readonly by: Rule;
}

/**
 * Finds rules every action of which an earlier rule takes from everybody and every domain that they speak of. Only what is sure is
 * found: names and globs are compared as words, and nothing is known about who is in a group.
 */
export function coveredRules(policy: Policy): readonly CoveredRule[] {
  return policy.rules.flatMap((rule, index) => {
    const earlier = policy.rules.slice(0, index);
    const takers = rule.actions.map((action) => earlier.find((wide) => takes(wide, rule, action)));
    const by = takers.includes(undefined) ? undefined : takers.at(-1);
    return by === undefined ? [] : [{ rule, by }];
  });
}

/** Whether `wide` decides this action for everybody, every domain and every profile that `narrow` speaks of. */
function takes(wide: Rule, narrow: Rule, action: Action): boolean {
  return (
    wide.actions.includes(action) &&
    holds(who(wide), who(narrow)) &&
    holds(roles(wide), roles(narrow)) &&
    holds(which(wide), which(narrow)) &&
    (action !== 'rescue' || holds(profiles(wide), profiles(narrow)))
  );
}

/** null is everything. */
type Words = readonly string[] | null;

function holds(wide: Words, narrow: Words): boolean {
  return wide === null || (narrow?.every((word) => wide.includes(word)) ?? false);
}

function who({ subjects }: Rule): Words {
  const words = [...subjects.customers, ...subjects.groups.map((group) => `group ${group}`)];
  return words.length === 0 || subjects.customers.includes('*') ? null : words;
}

function which({ domains }: Rule): Words {
  const words = [...domains.names, ...domains.tags.map((tag) => `tag ${tag}`)];
  return words.length === 0 || domains.names.includes('*') ? null : words;
}

function roles({ subjects }: Rule): Words {
  return subjects.roles.length === 0 || ROLES.every((role) => subjects.roles.includes(role))
    ? null
    : subjects.roles;
}

function profiles({ profiles: named }: Rule): Words {
  return named.length === 0 ? null : named;
}
