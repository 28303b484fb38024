import { mentionsOf } from '../../../policy/mentions.js';
import type { CustomerName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/**
 * As `mentionsOf`; null when the policy cannot be read. That keeps nobody from renaming or removing a
 * customer.
 */
export function policyMentions(
  policy: () => Policy | Refusal,
  customer: CustomerName,
  renamed?: CustomerName,
): readonly string[] | null {
  try {
    const found = policy();
    return isRefusal(found) ? null : mentionsOf(found, customer, renamed);
  } catch {
    return null;
  }
}
