import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Conditions } from '../../policy/conditions.js';
import type { BootProfileName, CustomerName, DomainName } from '../../policy/names.js';
import type { Policy } from '../../policy/policy.js';
import type { RightExtent } from '../../policy/right.js';
import type { Holding, RightsChange } from '../../policy/rights-diff.js';
import { rightsDiff } from '../../policy/rights-diff.js';
import { ROLES } from '../../policy/roles.js';
import type { RuleParts } from '../support/policy-values.js';
import { allow, deny, policy, request, unused } from '../support/policy-values.js';
import { propertyRuns } from '../support/property-runs.js';
import { naiveOutcome } from './naive-evaluator.js';

const CUSTOMERS = ['alice', 'al', 'bob'] as CustomerName[];
const DOMAINS = ['horatio', 'hora', 'a.b'] as DomainName[];
const PROFILES = ['grml', 'debian'] as BootProfileName[];
const NONE = policy();

const some = <T>(...words: readonly T[]) => fc.uniqueArray(fc.constantFrom(...words), { maxLength: 2 });

const scope: fc.Arbitrary<RuleParts> = fc.record(
  {
    customers: some('alice', 'al*', 'b?b'),
    groups: some('staff'),
    roles: some(...ROLES),
    domains: some('horatio', 'hora*', 'a.b'),
    tags: some('plays'),
    profiles: some(...PROFILES),
    when: fc.option(fc.constantFrom<Partial<Conditions>>({ states: ['running'] }, { states: ['off'] }), {
      freq: 4,
      nil: undefined,
    }),
  },
  { requiredKeys: [] },
);

const policies: fc.Arbitrary<Policy> = fc
  .record({
    parts: fc.array(
      fc.tuple(
        fc.boolean(),
        fc.uniqueArray(fc.constantFrom('status', 'start', 'rescue'), { minLength: 1 }),
        scope,
      ),
      { maxLength: 7 },
    ),
    staff: some(...CUSTOMERS),
    plays: some('horatio', 'a*'),
  })
  .map(({ parts, staff, plays }) =>
    policy({
      rules: parts.map(([allows, actions, rest], index) =>
        (allows ? allow : deny)(actions, { ...rest, id: `r${index}` }),
      ),
      groups: { staff },
      tags: { plays },
    }),
  );

const EVERYBODY: readonly Holding[] = CUSTOMERS.flatMap((customer) =>
  DOMAINS.flatMap((domain) => ROLES.map((role) => ({ customer, domain, role }))),
);

const QUESTIONS = [
  ['status', null],
  ['start', null],
  ['rescue', 'grml'],
  ['rescue', 'debian'],
  ['rescue', 'other'],
] as const;

/** Whether a change concerns this question. @param named the profiles that rules name */
function isOf(
  { actions }: RightsChange,
  action: string,
  profile: string | null,
  named: readonly string[],
): boolean {
  const called = profile !== null && named.includes(profile) ? profile : 'any other profile';
  return actions.includes(action) || actions.includes(`${action} (${called})`);
}

function named(...documents: readonly Policy[]): readonly string[] {
  return documents.flatMap(({ rules }) => rules.flatMap(({ profiles }) => profiles));
}

/** Whether a customer may do something in each of the states that rules may name. */
function answers(
  document: Policy,
  holding: Holding,
  action: 'status' | 'start' | 'rescue',
  profile: string | null,
): RightExtent {
  const may = ['running', 'off', 'paused'].map((state) =>
    [request('status', { ...holding, state }), request(action, { ...holding, state, profile })].every(
      (asked) => naiveOutcome(document, asked, unused, new Date()).startsWith('allowed'),
    ),
  );
  return may.every(Boolean) ? 'always' : may.some(Boolean) ? 'sometimes' : 'never';
}

describe('the difference of rights, over many policies', () => {
  it('is what each customer finds who asks', () => {
    fc.assert(
      fc.property(policies, (document) => {
        for (const holding of EVERYBODY) {
          const changes = rightsDiff(NONE, document, [holding]);
          for (const [action, profile] of QUESTIONS) {
            const told =
              changes.find((change) => isOf(change, action, profile, named(document)))?.after.standing ??
              'never';
            const found = answers(document, holding, action, profile);
            // Conditions that together cover every case are still told as conditions.
            if (told !== 'sometimes') assert.equal(told, found, JSON.stringify([holding, action, profile]));
            else assert.ok(document.rules.some(({ when }) => when !== null));
          }
        }
      }),
      propertyRuns('rights of policies', 150, 5_000),
    );
  }).timeout(600_000);

  it('counts together what it finds for each alone', () => {
    fc.assert(
      fc.property(policies, policies, (before, after) => {
        const names = named(before, after);
        const together = rightsDiff(before, after, EVERYBODY);
        const alone = EVERYBODY.flatMap((holding) => rightsDiff(before, after, [holding]));
        for (const [action, profile] of QUESTIONS) {
          for (const kind of ['lose', 'gain', 'change'] as const) {
            const count = (changes: readonly RightsChange[]): number =>
              changes
                .filter((change) => change.kind === kind && isOf(change, action, profile, names))
                .reduce((sum, { holdings }) => sum + holdings, 0);
            assert.equal(count(together), count(alone), `${kind} ${action} ${profile ?? ''}`);
          }
        }
      }),
      propertyRuns('differences of policies', 150, 5_000),
    );
  }).timeout(600_000);
});
