import type { Rule } from './policy.js';

/** Whether something is allowed: always, never, or by what the conditions of rules come to. */
export type RightExtent = 'always' | 'sometimes' | 'never';

/** What the rules come to for one customer, domain and action, whenever and from wherever it is asked. */
export interface Right {
  readonly standing: RightExtent;
  /** The rule that decides, or those that may; none when it is that no rule speaks of it. */
  readonly rules: readonly Rule[];
}

/** @param speaking the rules that speak of it but for their conditions, in order, the first without conditions the last */
export function right(speaking: readonly Rule[]): Right {
  const decides = speaking.filter(isUnconditional);
  const otherwise = decides[0]?.effect ?? 'deny';
  // A condition for what happens in any case is none.
  const turning = speaking.findLastIndex(({ effect }) => effect !== otherwise);
  if (turning < 0) return { standing: otherwise === 'allow' ? 'always' : 'never', rules: decides };
  return { standing: 'sometimes', rules: [...speaking.slice(0, turning + 1), ...decides] };
}

/** Whether a rule asks nothing but who, what and which. */
export function isUnconditional({ when }: Rule): boolean {
  return when === null;
}

/** The right to do something to a domain, which is none to who may not see it. */
export function seenRight(seen: Right, asked: Right): Right {
  if (seen.standing === 'always' || asked.standing === 'never') return asked;
  if (seen.standing === 'never') return seen;
  return { standing: 'sometimes', rules: [...new Set([...seen.rules, ...asked.rules])] };
}

/** Whether two rights, of one policy or two, come to the same at any time. */
export function sameRight(one: Right, other: Right): boolean {
  if (one.standing !== other.standing) return false;
  return one.standing !== 'sometimes' || terms(one) === terms(other);
}

function terms({ rules }: Right): string {
  return JSON.stringify(rules.map(({ effect, when }) => [effect, when]));
}
