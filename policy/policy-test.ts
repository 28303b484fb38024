import { meets } from './meets.js';
import type { Decision, Place, Policy, Request } from './policy.js';

/** What an admin expects of the rules, written down beside them: a question and its answer. */
export interface PolicyTest {
  readonly request: Request;
  readonly allow: boolean;
  /** The id of the rule that must decide; null: whichever does. */
  readonly rule: string | null;
  readonly place: Place;
}

/** A test with another answer than was expected. */
export interface FailedTest {
  readonly test: PolicyTest;
  readonly decision: Decision;
}

/** Asks all tests, with every limit unused. */
export function failedTests(policy: Policy, tests: readonly PolicyTest[], now: Date): readonly FailedTest[] {
  const asked = tests.map((test) => ({ test, decision: meets(policy, test.request, now) }));
  return asked.filter(({ test, decision }) => !asExpected(test, decision));
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
  return !allow && decision.reason === 'profile-not-allowed'
    ? 'denied, as no rule allows this profile'
    : 'denied, as no rule allows it';
}
