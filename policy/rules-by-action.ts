import type { Action } from './actions.js';
import type { Policy, Rule } from './policy.js';

/** For each policy that was asked, its rules by action; a policy never changes. */
const known = new WeakMap<Policy, Map<Action, readonly Rule[]>>();

/**
 * The rules that speak of an action, in order: most speak of few, and a menu asks of every action on every domain. For a policy of a
 * thousand rules it is what makes decisions cheap (`npm run bench:policy`).
 */
export function rulesByAction(policy: Policy, action: Action): readonly Rule[] {
  const byAction = known.get(policy) ?? new Map<Action, readonly Rule[]>();
  known.set(policy, byAction);
  const found = byAction.get(action) ?? policy.rules.filter((rule) => rule.actions.includes(action));
  byAction.set(action, found);
  return found;
}
