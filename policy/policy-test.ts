import { evaluate } from './evaluate.js';
import { mismatch } from './match.js';
import type { Decision, Place, Policy, Request } from './policy.js';

/** An admin's test of the rules, written beside them: a question and the expected answer. */
export interface PolicyTest {
  readonly request: Request;
  /** Null: at any time; the answer must not depend on the time. */
  readonly at: Date | null;
  readonly allow: boolean;
  /** The id of the rule that must decide; null for any. */
  readonly rule: string | null;
  readonly place: Place;
}

/** A test with an unexpected answer. */
interface FailedTest {
  readonly test: PolicyTest;
  readonly decision: Decision;
}

/** Runs all tests, with every limit unused. */
export function failedTests(policy: Policy, tests: readonly PolicyTest[], now: Date): readonly FailedTest[] {
  const asked = tests.map((test) => ({ test, decision: meets(policy, test.request, test.at ?? now) }));
  return asked.filter(({ test, decision }) => !asExpected(test, decision));
}

/** Tests without a time whose answer depends on the time. */
export function timelessTests(
  policy: Policy,
  tests: readonly PolicyTest[],
  now: Date,
): readonly PolicyTest[] {
  return tests.filter(
    ({ at, request }) =>
      at === null &&
      [request, { ...request, action: 'status', profile: null } as const].some((asked) =>
        dependsOnTime(policy, asked, now),
      ),
  );
}

/** Whether a rule with times may decide, before a rule that decides at any time. */
function dependsOnTime(policy: Policy, request: Request, now: Date): boolean {
  for (const rule of policy.rules) {
    if (mismatch(policy, { ...rule, when: null }, request, now) !== null) continue;
    if (rule.when !== null && rule.when.times.length > 0) return true;
    if (mismatch(policy, rule, request, now) === null) return false;
  }
  return false;
}

function asExpected({ allow, rule }: PolicyTest, decision: Decision): boolean {
  return decision.allow === allow && (rule === null || decision.rule?.id === rule);
}

/** `it to be allowed …`, after "expected". */
export function expectation({ allow, rule }: PolicyTest): string {
  return `it to be ${allow ? 'allowed' : 'denied'}${rule === null ? '' : ` by \`${rule}\``}`;
}

/** `allowed by …`, `denied by …`. @param where names a rule's place in the sentence */
export function outcome(decision: Decision, where: (place: Place) => string): string {
  const { allow, rule } = decision;
  if (rule !== null) return `${allow ? 'allowed' : 'denied'} by \`${rule.id}\` (${where(rule.place)})`;
  if (!allow && decision.reason === 'profile-not-allowed') return 'denied, as no rule allows this profile';
  return !allow && decision.reason === 'condition-not-met'
    ? 'denied, as conditions are not met'
    : 'denied, as no rule allows it';
}

/**
 * The rules' answer for the customer, with limits unused. A customer who may not see the domain is told that
 * there is none. So without `status` nothing else is allowed either.
 */
function meets(policy: Policy, request: Request, now: Date): Decision {
  const seen = evaluate(policy, { ...request, action: 'status', profile: null }, () => 0, now);
  return seen.allow && request.action !== 'status' ? evaluate(policy, request, () => 0, now) : seen;
}
