import { evaluate } from './evaluate.js';
import { mismatch } from './match.js';
import type { Decision, Place, Policy, Request } from './policy.js';

/** What an admin expects of the rules, written down beside them: a question and its answer. */
export interface PolicyTest {
  readonly request: Request;
  /** Null: whenever; the answer must not depend on it. */
  readonly at: Date | null;
  readonly allow: boolean;
  /** The id of the rule that must decide; null: whichever does. */
  readonly rule: string | null;
  readonly place: Place;
}

/** A test with another answer than was expected. */
interface FailedTest {
  readonly test: PolicyTest;
  readonly decision: Decision;
}

/** Asks all tests, with every limit unused. */
export function failedTests(policy: Policy, tests: readonly PolicyTest[], now: Date): readonly FailedTest[] {
  const asked = tests.map((test) => ({ test, decision: meets(policy, test.request, test.at ?? now) }));
  return asked.filter(({ test, decision }) => !asExpected(test, decision));
}

/** The tests that answer now so and now so, and do not say for when they ask. */
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

/** Whether a rule that could decide has times among its conditions, before one decides whatever the time. */
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

/** `expected it to be …`. */
export function expectation({ allow, rule }: PolicyTest): string {
  return `it to be ${allow ? 'allowed' : 'denied'}${rule === null ? '' : ` by \`${rule}\``}`;
}

/** `allowed by …`, `denied by …`. @param where a rule's place, as it is called in the sentence */
export function outcome(decision: Decision, where: (place: Place) => string): string {
  const { allow, rule } = decision;
  if (rule !== null) return `${allow ? 'allowed' : 'denied'} by \`${rule.id}\` (${where(rule.place)})`;
  if (!allow && decision.reason === 'profile-not-allowed') return 'denied, as no rule allows this profile';
  return !allow && decision.reason === 'condition-not-met'
    ? 'denied, as conditions are not met'
    : 'denied, as no rule allows it';
}

/**
 * What the rules come to for the customer, with limits unused: who may not see the domain is told that there is none, so
 * that without `status` nothing else is allowed either.
 */
function meets(policy: Policy, request: Request, now: Date): Decision {
  const seen = evaluate(policy, { ...request, action: 'status', profile: null }, () => 0, now);
  return seen.allow && request.action !== 'status' ? evaluate(policy, request, () => 0, now) : seen;
}
