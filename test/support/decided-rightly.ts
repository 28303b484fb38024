import assert from 'node:assert/strict';
import type { Action } from '../../policy/actions.js';
import type { DomainName } from '../../policy/names.js';
import type { Policy } from '../../policy/policy.js';
import type { AuditRow } from '../../server/store/audit-event.js';
import { naiveOutcome } from '../policy/naive-evaluator.js';

/** Whether a policy without limits and conditions lets an owner do this, by the second evaluator. */
export function ownerMay(
  policy: Policy,
  { customer }: { customer: string },
  domain: string,
  action: Action,
): boolean {
  const about = { customer: customer as never, role: 'owner' as const, domain: domain as DomainName };
  return (['status', action] as const).every((one) => {
    const request = {
      ...about,
      action: one,
      profile: null,
      key: null,
      source: null,
      state: null,
      booted: null,
    };
    return naiveOutcome(policy, request, () => 0, new Date()).startsWith('allowed');
  });
}

/**
 * Checks in the audit log that each decision about an owner follows from the policy in force at that moment.
 * The log also tells which policy that was.
 *
 * @param policyOf gives the policy of a revision
 * @param initial in force before the first row
 * @returns the number of each decision
 */
export function decidedRightly(
  rows: readonly AuditRow[],
  policyOf: (revision: number) => Policy | undefined,
  initial: Policy,
): { readonly allowed: number; readonly denied: number } {
  let policy = initial;
  const counts = { allowed: 0, denied: 0 };
  for (const { seq, event } of rows) {
    if (event.kind === 'policy.loaded') policy = policyOf(event.revision) ?? assert.fail(`row ${seq}`);
    if (!('actor' in event) || event.actor === null || !('customer' in event.actor)) continue;
    if (event.kind === 'domain.denied') {
      counts.denied += 1;
      assert.ok(!ownerMay(policy, event.actor, event.domain, event.action), `denied, row ${seq}`);
    } else if (event.kind.endsWith('.requested') && 'rule' in event) {
      counts.allowed += 1;
      const action = event.kind.split('.')[1] as Action;
      assert.equal(policyOf(event.revision) ?? initial, policy, `decided by another policy, row ${seq}`);
      assert.ok(ownerMay(policy, event.actor, event.domain, action), `allowed, row ${seq}`);
    }
  }
  return counts;
}
