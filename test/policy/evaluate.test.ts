import assert from 'node:assert/strict';
import type { Action } from '../../policy/actions.js';
import { ACTIONS } from '../../policy/actions.js';
import { evaluate } from '../../policy/evaluate.js';
import { explain, explainText } from '../../policy/explain.js';
import type { Decision, DenialReason, Policy, Request } from '../../policy/policy.js';
import type { RuleParts } from '../support/policy-values.js';
import { allow, deny, limit, policy, request, unused, usedAt } from '../support/policy-values.js';

const NOW = new Date('2024-05-01T12:00:00Z');

function decide(document: Policy, question: Request): Decision {
  return evaluate(document, question, unused, NOW);
}

/** `allowed by ID`, or the reason. */
function outcome(decision: Decision): string {
  return decision.allow ? `allowed by ${decision.rule.id}` : decision.reason;
}

/** The customer's sentence. */
function sentence(decision: Decision): string {
  return decision.allow ? '' : decision.message;
}

describe('evaluate', () => {
  it('denies every action by the role first, whatever the rules say', () => {
    const open = policy({ rules: [allow(ACTIONS)] });
    for (const action of ACTIONS) {
      assert.equal(
        outcome(decide(open, request(action, { role: null, profile: 'grml' }))),
        'no-role',
        action,
      );
      assert.equal(outcome(decide(open, request(action, { profile: 'grml' }))), 'allowed by allow', action);
    }
  });

  it('denies every action that no rule speaks of', () => {
    for (const action of ACTIONS) {
      const others = ACTIONS.filter((other) => other !== action);
      assert.equal(outcome(decide(policy(), request(action))), 'no-rule', action);
      assert.equal(outcome(decide(policy({ rules: [allow(others)] }), request(action))), 'no-rule', action);
    }
  });

  describe('whom and what a rule speaks of', () => {
    const groups = { staff: ['alice'], empty: [] } as unknown as Policy['groups'];
    const tags = { plays: ['hora*', 'ophelia'], none: [] };
    const table: readonly (readonly [RuleParts, 'matches' | 'does not'])[] = [
      [{}, 'matches'],
      [{ customers: ['alice'] }, 'matches'],
      [{ customers: ['bob', 'alice'] }, 'matches'],
      [{ customers: ['bob'] }, 'does not'],
      [{ customers: ['*'] }, 'matches'],
      [{ customers: ['al*'] }, 'matches'],
      [{ customers: ['alic'] }, 'does not'],
      [{ customers: ['Alice'] }, 'does not'],
      [{ groups: ['staff'] }, 'matches'],
      [{ groups: ['empty'] }, 'does not'],
      [{ groups: ['nosuch'] }, 'does not'],
      [{ groups: ['constructor'] }, 'does not'],
      [{ groups: ['__proto__'] }, 'does not'],
      [{ customers: ['bob'], groups: ['staff'] }, 'matches'],
      [{ customers: ['alice'], groups: ['empty'] }, 'matches'],
      [{ customers: ['bob'], groups: ['empty'] }, 'does not'],
      [{ roles: ['owner'] }, 'matches'],
      [{ roles: ['operator', 'watcher'] }, 'does not'],
      [{ customers: ['alice'], roles: ['watcher'] }, 'does not'],
      [{ customers: ['bob'], roles: ['owner'] }, 'does not'],
      [{ domains: ['horatio'] }, 'matches'],
      [{ domains: ['horati'] }, 'does not'],
      [{ domains: ['horatio2'] }, 'does not'],
      [{ domains: ['HORATIO'] }, 'does not'],
      [{ domains: ['h?ratio'] }, 'matches'],
      [{ domains: ['?horatio'] }, 'does not'],
      [{ domains: ['hor.*'] }, 'does not'],
      [{ tags: ['plays'] }, 'matches'],
      [{ tags: ['none'] }, 'does not'],
      [{ tags: ['toString'] }, 'does not'],
      [{ domains: ['yorick'], tags: ['plays'] }, 'matches'],
      [{ domains: ['yorick'], tags: ['none'] }, 'does not'],
      [{ customers: ['alice'], domains: ['yorick'] }, 'does not'],
    ];
    for (const [parts, expected] of table) {
      it(`${JSON.stringify(parts)} ${expected}`, () => {
        const allows = policy({ groups, tags, rules: [allow(['start'], parts)] });
        assert.equal(
          outcome(decide(allows, request('start'))),
          expected === 'matches' ? 'allowed by allow' : 'no-rule',
        );
        const denies = policy({ groups, tags, rules: [deny(['start'], parts), allow(['start'])] });
        assert.equal(
          outcome(decide(denies, request('start'))),
          expected === 'matches' ? 'rule-denies' : 'allowed by allow',
        );
      });
    }
  });

  describe('the first rule that matches', () => {
    const allowed = allow(['start'], { id: 'yes' });
    const denied = deny(['start'], { id: 'no', reason: 'Closed for repairs.' });
    const other = deny(['reboot'], { id: 'other' });
    it('allows before a later rule denies', () => {
      assert.equal(
        outcome(decide(policy({ rules: [other, allowed, denied] }), request('start'))),
        'allowed by yes',
      );
    });
    it('denies before a later rule allows, with its reason', () => {
      assert.deepEqual(decide(policy({ rules: [other, denied, allowed] }), request('start')), {
        allow: false,
        reason: 'rule-denies',
        rule: denied,
        limit: null,
        message: 'Closed for repairs.',
      });
    });
    it('denies with a sentence of its own when the rule gives none', () => {
      const decision = decide(policy({ rules: [deny(['poweroff'])] }), request('poweroff'));
      assert.equal(sentence(decision), 'The rules here do not let you power off horatio.');
    });
  });

  describe('rescue profiles', () => {
    const rescue = (profile: string | null): Request => request('rescue', { profile });
    const table: readonly (readonly [string, Policy['rules'], string | null, string])[] = [
      ['a rule without profiles takes any', [allow(['rescue'])], 'grml', 'allowed by allow'],
      ['a rule without profiles takes none named', [allow(['rescue'])], null, 'allowed by allow'],
      ['one of the named', [allow(['rescue'], { profiles: ['a', 'grml'] })], 'grml', 'allowed by allow'],
      ['none of the named', [allow(['rescue'], { profiles: ['a'] })], 'grml', 'profile-not-allowed'],
      [
        'no profile where one is named',
        [allow(['rescue'], { profiles: ['a'] })],
        null,
        'profile-not-allowed',
      ],
      [
        'a later rule may allow it',
        [allow(['rescue'], { profiles: ['a'] }), allow(['rescue'], { id: 'later' })],
        'grml',
        'allowed by later',
      ],
      [
        'a later rule may deny it',
        [allow(['rescue'], { profiles: ['a'] }), deny(['rescue'])],
        'grml',
        'rule-denies',
      ],
      [
        'a denied profile',
        [deny(['rescue'], { profiles: ['grml'] }), allow(['rescue'])],
        'grml',
        'rule-denies',
      ],
      [
        'not the denied profile',
        [deny(['rescue'], { profiles: ['a'] }), allow(['rescue'])],
        'grml',
        'allowed by allow',
      ],
      ['only denied profiles, and not this', [deny(['rescue'], { profiles: ['a'] })], 'grml', 'no-rule'],
      [
        'the profile is not all that does not fit',
        [allow(['rescue'], { profiles: ['a'], roles: ['watcher'] })],
        'grml',
        'no-rule',
      ],
    ];
    for (const [name, rules, profile, expected] of table) {
      it(`${name}: ${expected}`, () => {
        assert.equal(outcome(decide(policy({ rules }), rescue(profile))), expected);
      });
    }
    it('says which profiles are open', () => {
      const rules = [
        allow(['rescue'], { profiles: ['a', 'b'] }),
        allow(['rescue'], { profiles: ['b', 'c'] }),
      ];
      const decision = decide(policy({ rules }), rescue('grml'));
      assert.equal(
        sentence(decision),
        'The rescue profile grml is not open to you; for horatio you may use: a, b, c.',
      );
    });
    it('narrow nothing but rescue', () => {
      const rules = [allow(['rescue', 'start'], { profiles: ['a'] })];
      assert.equal(outcome(decide(policy({ rules }), request('start'))), 'allowed by allow');
    });
  });

  describe('SysRq keys', () => {
    const rules = [
      allow(['sysrq'], { id: 'sync', sysrqKeys: ['s', 'u'], roles: ['operator'] }),
      allow(['sysrq'], { id: 'all', roles: ['owner'] }),
      allow(['start'], { id: 'start', sysrqKeys: ['s'] }),
    ];
    const ask = (role: string, key: string | null): Decision =>
      decide(policy({ rules }), request('sysrq', { role, key }));
    it('are open by the rules that name them, or that name none', () => {
      assert.equal(outcome(ask('operator', 's')), 'allowed by sync');
      assert.equal(outcome(ask('operator', 'b')), 'key-not-allowed');
      assert.equal(outcome(ask('operator', null)), 'key-not-allowed');
      assert.equal(outcome(ask('owner', 'b')), 'allowed by all');
      assert.equal(outcome(ask('owner', null)), 'allowed by all');
      assert.equal(outcome(ask('watcher', 's')), 'no-rule');
      assert.equal(outcome(decide(policy({ rules }), request('start'))), 'allowed by start');
    });
    it('say which are open', () => {
      assert.equal(
        sentence(ask('operator', 'b')),
        'The SysRq key b is not open to you; for horatio you may use: s, u.',
      );
    });
  });

  describe('limits', () => {
    const ago = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);
    const boots = limit(['start', 'reboot'], 2, 3600, { id: 'boots' });
    const rules = [allow(ACTIONS)];
    const limited = policy({ rules, limits: [boots] });
    const ask = (action: Action, uses: readonly Date[], document = limited): Decision =>
      evaluate(document, request(action), usedAt(...uses), NOW);

    const table: readonly (readonly [string, Action, readonly number[], DenialReason | null])[] = [
      ['unused', 'start', [], null],
      ['one of two', 'start', [10], null],
      ['two of two', 'start', [10, 50], 'limit-reached'],
      ['three of two', 'reboot', [10, 20, 50], 'limit-reached'],
      ['two, one before the window', 'start', [10, 61], null],
      ['two, but the action is not limited', 'shutdown', [10, 50], null],
    ];
    for (const [name, action, minutes, reason] of table) {
      it(`${name}: ${reason ?? 'allowed'}`, () => {
        assert.equal(outcome(ask(action, minutes.map(ago))), reason ?? 'allowed by allow');
      });
    }

    it('asks for the window that ends now', () => {
      const since: Date[] = [];
      const usage = (_: unknown, from: Date): number => {
        since.push(from);
        return 0;
      };
      evaluate(limited, request('start'), usage, NOW);
      assert.deepEqual(since, [ago(60)]);
    });

    it('must all hold, and the first that does not is named', () => {
      const day = limit(['start'], 1, 86_400, { id: 'day', reason: 'One a day.' });
      const decision = ask('start', [ago(120)], policy({ rules, limits: [boots, day] }));
      assert.equal(outcome(decision), 'limit-reached');
      assert.equal(!decision.allow && decision.limit, day);
      assert.match(sentence(decision), /^One a day\. The limit of 1 time in 1 day for horatio is/);
    });

    it('says when it is possible again: never early, at most a 64th of the window late', () => {
      for (const minutes of [1, 17, 30, 44, 59]) {
        const decision = ask('start', [ago(0), ago(minutes)]);
        const said = /possible again in about (\d+) minutes?\.$/.exec(sentence(decision));
        const wait = Number(said?.[1] ?? Number.NaN);
        assert.ok(
          wait >= 60 - minutes && wait <= 60 - minutes + 2,
          `${minutes} minutes ago: ${String(said?.[0])}`,
        );
      }
    });

    it('names what is counted together', () => {
      const decision = ask('start', [ago(1), ago(2)]);
      assert.match(
        sentence(decision),
        /^The limit of 2 times in 1 hour for horatio \(start and reboot together\) is reached; it is possible/,
      );
    });

    it('may count what there is at once, of which nobody knows when there is room', () => {
      const two = limit(['console', 'watch'], 2, null, { per: 'source', reason: 'Few lines here.' });
      const document = policy({ rules, limits: [two] });
      assert.equal(outcome(ask('console', [ago(0)], document)), 'allowed by allow');
      const decision = evaluate(document, request('console'), () => 2, NOW);
      assert.equal(
        sentence(decision),
        'Few lines here. The limit of 2 consoles at once from where you are (console and watch together) is reached.',
      );
      assert.match(
        explainText(explain(document, request('console'), () => 2, NOW)),
        /\n {2}! {2}limit {2}test\.yaml:1 {2}2 of 2 at once, per source: used up\n/,
      );
    });

    it('do not apply to others', () => {
      const others = [
        limit(['start'], 1, 60, { customers: ['bob'] }),
        limit(['start'], 1, 60, { roles: ['watcher'] }),
        limit(['start'], 1, 60, { domains: ['yorick'] }),
        limit(['start'], 1, 60, { groups: ['staff'] }),
        limit(['start'], 1, 60, { tags: ['plays'] }),
      ];
      assert.equal(outcome(ask('start', [ago(0)], policy({ rules, limits: others }))), 'allowed by allow');
    });

    it('are not asked when a rule denies', () => {
      const document = policy({ rules: [deny(['start'])], limits: [boots] });
      assert.equal(outcome(ask('start', [ago(1), ago(2)], document)), 'rule-denies');
    });
  });

  it('changes nothing and answers the same twice', () => {
    const document = policy({ rules: [deny(['start'], { domains: ['y*'] }), allow(['start'])] });
    const before = JSON.stringify(document);
    assert.deepEqual(decide(document, request('start')), decide(document, request('start')));
    assert.equal(JSON.stringify(document), before);
  });
});
