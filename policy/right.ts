import type { Rule } from './policy.js';

/** Whether something is allowed: always, never, or sometimes (as conditions decide). */
export type RightExtent = 'always' | 'sometimes' | 'never';

/** What the rules say for one customer, domain and action, at any time and from any address. */
export interface Right {
  readonly standing: RightExtent;
  /** The rule that decides, or those that may; empty when no rule matches. */
  readonly rules: readonly Rule[];
}

/**
 * @param speaking the rules that match apart from their conditions, in order; a rule without conditions comes
 * last
 */
export function right(speaking: readonly Rule[]): Right {
  const decides = speaking.filter(isUnconditional);
  const otherwise = decides[0]?.effect ?? 'deny';
  // A condition does not matter when the result is the same without it.
  const turning = speaking.findLastIndex(({ effect }) => effect !== otherwise);
  if (turning < 0) return { standing: otherwise === 'allow' ? 'always' : 'never', rules: decides };
  return { standing: 'sometimes', rules: [...speaking.slice(0, turning + 1), ...decides] };
}

/** Whether a rule has no conditions besides customer, action and domain. */
export function isUnconditional({ when }: Rule): boolean {
  return when === null;
}

/** The right to act on a domain. A customer who may not see the domain has none. */
export function seenRight(seen: Right, asked: Right): Right {
  if (seen.standing === 'always' || asked.standing === 'never') return asked;
  if (seen.standing === 'never') return seen;
  return { standing: 'sometimes', rules: [...new Set([...seen.rules, ...asked.rules])] };
}

/** Whether two rights, of one policy or two, always give the same result. */
export function sameRight(one: Right, other: Right): boolean {
  if (one.standing !== other.standing) return false;
  return one.standing !== 'sometimes' || terms(one) === terms(other);
}

function terms({ rules }: Right): string {
  return JSON.stringify(rules.map(({ effect, when }) => [effect, when]));
}
