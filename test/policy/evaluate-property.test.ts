import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ACTIONS, COUNTED_ACTIONS } from '../../policy/actions.js';
import type { Conditions, KnownState } from '../../policy/conditions.js';
import { evaluate } from '../../policy/evaluate.js';
import { explain } from '../../policy/explain.js';
import type { BootProfileName } from '../../policy/names.js';
import type { Decision, Limit, Policy, Request, Rule } from '../../policy/policy.js';
import { ROLES } from '../../policy/roles.js';
import type { RuleParts } from '../support/policy-values.js';
import { allow, deny, limit, policy, request } from '../support/policy-values.js';
import { propertyRuns } from '../support/property-runs.js';
import { naiveOutcome } from './naive-evaluator.js';

/** Times around both clock changes in Europe, and around the ends of days, weeks and years. */
const moments = fc
  .oneof(
    fc.date({
      min: new Date('2024-01-01T00:00:00Z'),
      max: new Date('2027-01-02T00:00:00Z'),
      noInvalidDate: true,
    }),
    fc.constantFrom('2026-03-29T00:59Z', '2026-03-29T01:00Z', '2026-10-25T00:59Z', '2026-10-25T01:00Z'),
  )
  .map((moment) => new Date(moment));

const CUSTOMERS = ['alice', 'bob', 'al'] as const;
const DOMAINS = ['horatio', 'hora', 'ophelia', 'a.b', 'aXb'] as const;
const PROFILES = ['grml', 'debian'] as const;

const some = <T>(...words: readonly T[]) => fc.uniqueArray(fc.constantFrom(...words), { maxLength: 2 });

const windows = fc
  .record({
    days: fc.uniqueArray(fc.nat({ max: 6 }), { minLength: 1, maxLength: 7 }),
    from: fc.integer({ min: 0, max: 1439 }),
    to: fc.integer({ min: 1, max: 1440 }),
  })
  .filter(({ from, to }) => from !== to)
  .map((window) => ({ ...window, text: 'some time' }));

const conditions: fc.Arbitrary<Partial<Conditions>> = fc.record(
  {
    from: some(
      '203.0.113.0/24',
      '203.0.113.7/32',
      '0.0.0.0/0',
      '2001:db8::/32',
      '2001:db8:0:8000::/49',
      '::/0',
    ),
    times: fc.array(windows, { maxLength: 2 }),
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Auckland', 'Asia/Kathmandu'),
    states: some<KnownState>('running', 'off', 'crashed'),
    booted: some('normal', 'debian') as fc.Arbitrary<BootProfileName[]>,
  },
  { requiredKeys: ['zone'] },
);

const scope: fc.Arbitrary<RuleParts> = fc.record(
  {
    customers: some('alice', 'al*', '*', '?ob', 'a?'),
    groups: some('staff', 'empty'),
    roles: some(...ROLES),
    domains: some('horatio', 'hora*', '*', '*a*', 'a.b', 'o?????a', '*h*l*'),
    tags: some('plays', 'none'),
    profiles: some(...PROFILES),
    images: some(...PROFILES),
    sysrqKeys: some('s', 'b'),
    when: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: conditions }),
  },
  { requiredKeys: [] },
);

const rules: fc.Arbitrary<readonly Rule[]> = fc
  .array(
    fc.tuple(
      fc.boolean(),
      fc.uniqueArray(fc.constantFrom('start', 'rescue', 'status', 'reinstall', 'sysrq')),
      scope,
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) =>
    parts.map(([allows, actions, rest], index) =>
      (allows ? allow : deny)(actions, { ...rest, id: `r${index}` }),
    ),
  );

const limits: fc.Arbitrary<readonly Limit[]> = fc
  .array(fc.tuple(fc.constantFrom(...COUNTED_ACTIONS), fc.integer({ min: 1, max: 3 }), scope), {
    maxLength: 3,
  })
  .map((parts) =>
    parts.map(([action, count, rest], index) =>
      limit([action, 'start', 'reinstall'], count, 60 + index, { ...rest, id: `l${index}` }),
    ),
  );

const policies: fc.Arbitrary<Policy> = fc
  .record({
    rules,
    limits,
    staff: some(...CUSTOMERS),
    plays: some('horatio', 'o*', '?'),
  })
  .map(({ staff, plays, ...rest }) =>
    policy({
      ...rest,
      groups: { staff, empty: [] } as unknown as Policy['groups'],
      tags: { plays, none: [] },
    }),
  );

const requests: fc.Arbitrary<Request> = fc
  .record({
    // Names of the rules above come most often.
    action: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('start', 'rescue', 'status', 'reinstall', 'sysrq') },
      { weight: 1, arbitrary: fc.constantFrom(...ACTIONS) },
    ),
    customer: fc.constantFrom(...CUSTOMERS),
    role: fc.option(fc.constantFrom(...ROLES), { freq: 10 }),
    domain: fc.constantFrom(...DOMAINS),
    profile: fc.option(fc.constantFrom(...PROFILES)),
    key: fc.option(fc.constantFrom('s', 'b', 'c')),
    source: fc.option(
      fc.constantFrom('203.0.113.7', '203.0.114.1', '2001:db8::1', '2001:db8:0:ffff::1', '2001:db9::1'),
    ),
    state: fc.option(fc.constantFrom('running', 'off', 'crashed', 'paused')),
    booted: fc.option(fc.constantFrom('normal', 'debian', 'grml')),
  })
  .map(({ action, ...parts }) => request(action, parts));

function outcome(decision: Decision): string {
  if (decision.allow) return `allowed ${decision.rule.id}`;
  return [decision.reason, decision.rule?.id ?? decision.limit?.id ?? []].flat().join(' ');
}

describe('evaluate, over many policies', () => {
  it('agrees with a second evaluator, and explain with both', () => {
    const runs = propertyRuns('policies', 2_000, 200_000);
    const reasons = new Map<string, number>();
    fc.assert(
      fc.property(policies, requests, fc.nat({ max: 3 }), moments, (document, question, used, now) => {
        const usage = (): number => used;
        const expected = naiveOutcome(document, question, usage, now);
        const decision = evaluate(document, question, usage, now);
        assert.equal(outcome(decision), expected);
        const explanation = explain(document, question, usage, now);
        assert.deepEqual(explanation.decision, decision);
        const decisive = explanation.rules.find(({ mismatch }) => mismatch === null);
        if (decision.allow || decision.reason === 'rule-denies') assert.equal(decisive?.rule, decision.rule);
        if (!decision.allow && decision.reason === 'no-rule')
          assert.equal(explanation.rules.length, document.rules.length);
        const reason = decision.allow ? 'allowed' : decision.reason;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }),
      runs,
    );
    // The property says little when a reason hardly ever occurs.
    for (const reason of [
      'allowed',
      'no-role',
      'rule-denies',
      'no-rule',
      'limit-reached',
      'profile-not-allowed',
      'key-not-allowed',
      'condition-not-met',
    ]) {
      assert.ok(
        (reasons.get(reason) ?? 0) > runs.numRuns / 500,
        `${reason} came up ${reasons.get(reason) ?? 0} times`,
      );
    }
  }).timeout(600_000);
});
