import type { Action } from './actions.js';
import type { Policy, Rule } from './policy.js';

/** For each policy asked so far, its rules by action. A policy never changes. */
const known = new WeakMap<Policy, Map<Action, readonly Rule[]>>();

/**
 * The rules with an action, in order. Most rules name few actions, and a menu asks about every action on
 * every domain. In a policy of a thousand rules, this makes decisions cheap (`npm run bench:policy`).
 */
export function rulesByAction(policy: Policy, action: Action): readonly Rule[] {
  const byAction = known.get(policy) ?? new Map<Action, readonly Rule[]>();
  known.set(policy, byAction);
  const found = byAction.get(action) ?? policy.rules.filter((rule) => rule.actions.includes(action));
  byAction.set(action, found);
  return found;
}
