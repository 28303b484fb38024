import { evaluate } from './evaluate.js';
import type { Decision, Policy, Request } from './policy.js';

/**
 * What the rules come to for the customer, with limits unused: who may not see the domain is told that there is none, so
 * that without `status` nothing else is allowed either.
 */
export function meets(policy: Policy, request: Request, now: Date): Decision {
  const seen = evaluate(policy, { ...request, action: 'status', profile: null }, () => 0, now);
  return seen.allow && request.action !== 'status' ? evaluate(policy, request, () => 0, now) : seen;
}
