import assert from 'node:assert/strict';
import type { Conditions } from '../../policy/conditions.js';
import { evaluate } from '../../policy/evaluate.js';
import { explain, explainText } from '../../policy/explain.js';
import type { Decision, Rule } from '../../policy/policy.js';
import { parseTimeWindow } from '../../policy/time-window.js';
import { allow, deny, limit, policy, request, unused } from '../support/policy-values.js';

/** A Wednesday, 13:00 in Berlin. */
const NOON = new Date('2026-11-25T12:00:00Z');
const NIGHT = new Date('2026-11-25T23:00:00Z');

const OFFICE: Partial<Conditions> = {
  times: [parseTimeWindow('mon-fri 08:00-18:00') ?? assert.fail()],
  zone: 'Europe/Berlin',
};
const NETWORK: Partial<Conditions> = { from: ['203.0.113.0/24'] };

type Parts = Parameters<typeof request>[1];

function decide(rules: readonly Rule[], parts: Parts = {}, now = NOON): Decision {
  return evaluate(policy({ rules }), request('console', parts), unused, now);
}

function outcome(decision: Decision): string {
  return decision.allow ? `allowed by ${decision.rule.id}` : decision.reason;
}

describe('conditions', () => {
  const table: readonly (readonly [string, Partial<Conditions>, Parts, 'met' | 'not met' | 'not known'])[] = [
    ['a network', NETWORK, { source: '203.0.113.7' }, 'met'],
    ['another network', NETWORK, { source: '198.51.100.7' }, 'not met'],
    ['an address that is not known', NETWORK, {}, 'not known'],
    ['a state', { states: ['running', 'crashed'] }, { state: 'crashed' }, 'met'],
    ['another state', { states: ['running'] }, { state: 'off' }, 'not met'],
    ['a state that is not known', { states: ['running'] }, {}, 'not known'],
    ['a boot', { booted: ['normal' as never] }, { state: 'running', booted: 'normal' }, 'met'],
    ['another boot', { booted: ['normal' as never] }, { state: 'running', booted: 'grml' }, 'not met'],
    ['no boot', { booted: ['normal' as never] }, { state: 'off', booted: 'normal' }, 'not met'],
    ['a boot that is not known', { booted: ['normal' as never] }, { state: 'running' }, 'not known'],
    ['a time', OFFICE, {}, 'met'],
    ['all of two', { ...NETWORK, ...OFFICE }, { source: '203.0.113.7' }, 'met'],
    ['one of two', { ...NETWORK, ...OFFICE }, { source: '198.51.100.7' }, 'not met'],
    ['one of two, the other not known', { ...NETWORK, states: ['off'] }, { state: 'off' }, 'not known'],
    ['one not met, the other not known', { ...NETWORK, states: ['off'] }, { state: 'running' }, 'not met'],
  ];
  for (const [what, when, parts, expected] of table) {
    it(`${what}: ${expected}`, () => {
      const allows = outcome(decide([allow(['console'], { when })], parts));
      assert.equal(allows, expected === 'met' ? 'allowed by allow' : 'condition-not-met');
      // An unknown value opens nothing: it allows nothing, and it denies.
      const denies = outcome(decide([deny(['console'], { when }), allow(['console'])], parts));
      assert.equal(denies, expected === 'not met' ? 'allowed by allow' : 'rule-denies');
      const counted = policy({
        rules: [allow(['start'])],
        limits: [limit(['start'], 1, 60, { when })],
      });
      const limited = outcome(evaluate(counted, request('start', parts), () => 1, NOON));
      assert.equal(limited, expected === 'not met' ? 'allowed by allow' : 'limit-reached');
    });
  }

  it('leave a request to the rules behind when they are not met', () => {
    const rules = [
      allow(['console'], { id: 'office', when: OFFICE }),
      allow(['console'], { id: 'vpn', when: NETWORK }),
    ];
    assert.equal(outcome(decide(rules, { source: '203.0.113.7' }, NOON)), 'allowed by office');
    assert.equal(outcome(decide(rules, { source: '203.0.113.7' }, NIGHT)), 'allowed by vpn');
    assert.equal(outcome(decide(rules, { source: '198.51.100.7' }, NIGHT)), 'condition-not-met');
  });

  it('are told to the customer who is refused by them, but not from where it would be possible', () => {
    const said = (when: Partial<Conditions>, parts: Parts, now = NOON): string => {
      const decision = decide([allow(['console'], { when })], parts, now);
      return decision.allow ? '' : decision.message;
    };
    assert.equal(
      said({ ...OFFICE, ...NETWORK }, { source: '198.51.100.7' }, NIGHT),
      'You cannot use the console of horatio from 198.51.100.7 and at this time. It is possible mon-fri 08:00-18:00 (Europe/Berlin).',
    );
    assert.equal(
      said({ states: ['running'] }, { state: 'crashed' }),
      'You cannot use the console of horatio while it is crashed.',
    );
    assert.equal(
      said({ states: ['running'], booted: ['normal' as never] }, {}),
      'You cannot use the console of horatio while it is not known what it does and while it is not known what it runs.',
    );
    assert.equal(
      said({ booted: ['normal' as never] }, { state: 'running', booted: 'grml' }),
      'You cannot use the console of horatio while it runs grml.',
    );
  });

  it('are explained, each with what is so', () => {
    const rules = [
      deny(['console'], { id: 'installing', when: { states: ['running'], booted: ['installer' as never] } }),
      allow(['console'], { id: 'office', when: { ...OFFICE, ...NETWORK } }),
      allow(['console'], { id: 'work', roles: ['watcher'], when: OFFICE }),
      allow(['console'], { id: 'own' }),
    ];
    const question = request('console', { source: '203.0.113.7', state: 'running', booted: 'normal' });
    const lines = explainText(explain(policy({ rules }), question, unused, NIGHT)).split('\n');
    assert.deepEqual(lines.slice(2), [
      'role     owner',
      'at       2026-11-25T23:00:00.000Z',
      'from     203.0.113.7',
      'state    running, boot normal',
      'rules    first match decides',
      '     installing  test.yaml:1  not now: denies under conditions',
      '                                states running: running, met',
      '                                booted installer: normal, not met',
      '     office      test.yaml:1  not now: allows under conditions',
      '                                from 203.0.113.0/24: 203.0.113.7, met',
      '                                times mon-fri 08:00-18:00 (Europe/Berlin): thu 00:00, not met',
      '     work        test.yaml:1  not for owner: for watcher',
      '  >  own         test.yaml:1  matches: allow',
      'limits   none applies',
      '',
    ]);
    const unknown = explainText(explain(policy({ rules }), request('console'), unused, NOON));
    assert.match(unknown, /\nfrom {5}not known\nstate {4}not known\n/);
    assert.match(
      unknown,
      / > {2}installing .* matches: deny\n +states running: not known, which counts as met where a rule denies\n/,
    );
    const allows = explainText(explain(policy({ rules: rules.slice(1) }), request('console'), unused, NOON));
    assert.match(allows, / from 203\.0\.113\.0\/24: not known, which meets no condition\n/);
  });
});
