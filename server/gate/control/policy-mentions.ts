import { mentionsOf } from '../../../policy/mentions.js';
import type { CustomerName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';

/** As `mentionsOf`; a policy that cannot be read keeps nobody from renaming or removing a customer, but is said. */
export function policyMentions(
  policy: () => Policy | Refusal,
  customer: CustomerName,
  renamed?: CustomerName,
): readonly string[] {
  try {
    const found = policy();
    return isRefusal(found)
      ? [`no policy that could be read: ${found.message}`]
      : mentionsOf(found, customer, renamed);
  } catch (fault) {
    return [`no policy that could be read: ${(fault as Error).message}`];
  }
}
