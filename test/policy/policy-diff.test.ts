import assert from 'node:assert/strict';
import type { CustomerName, DomainName } from '../../policy/names.js';
import type { Policy } from '../../policy/policy.js';
import { diffText, isEmpty, policyDiff } from '../../policy/policy-diff.js';
import type { Holding } from '../../policy/rights-diff.js';
import type { Role } from '../../policy/roles.js';
import { allow, deny, limit, policy } from '../support/policy-values.js';
import { processorMs } from '../support/processor-time.js';

function held(customer: string, domain: string, role: Role = 'owner'): Holding {
  return { customer: customer as CustomerName, domain: domain as DomainName, role };
}

function said(before: Policy, after: Policy, holdings: readonly Holding[]): string {
  return diffText(policyDiff(before, after, holdings));
}

const LOOK = allow(['status', 'watch'], { id: 'look' });
const WORK = allow(['console', 'poweroff'], { id: 'work', roles: ['owner', 'operator'] });
const CLEAN = deny(['poweroff'], { id: 'clean', domains: ['db-*'] });

describe('the difference of two policies', () => {
  it('says who loses what on what, by which rule instead of which', () => {
    const holdings = [
      held('alice', 'db-1'),
      held('bob', 'db-2'),
      held('alice', 'web'),
      held('carol', 'db-1', 'watcher'),
    ];
    assert.equal(
      said(policy({ rules: [LOOK, WORK] }), policy({ rules: [CLEAN, LOOK, WORK] }), holdings),
      [
        '- alice and bob lose poweroff on db-1 and db-2 (2 roles)',
        '    denied by clean (test.yaml:1); before: allowed by work (test.yaml:1)',
        '2 customers lose something, 0 customers gain (4 roles asked about)',
        '',
      ].join('\n'),
    );
  });

  it('says who gains, and who loses all with the sight of a domain', () => {
    const hidden = deny(['status'], { id: 'hidden', customers: ['bob'] });
    const before = policy({ rules: [LOOK] });
    const after = policy({
      rules: [hidden, LOOK, allow(['all' as 'log', 'log'], { id: 'vip', customers: ['alice', 'bob'] })],
    });
    const text = said(before, after, [held('alice', 'h'), held('bob', 'y')]);
    assert.match(text, /^- bob loses status, watch on y\n {4}denied by hidden .*; before: allowed by look/);
    assert.match(
      text,
      /\n\+ alice gains log on h\n {4}allowed by vip \(test.yaml:1\); before: no rule allows it\n/,
    );
  });

  it('is nothing when a right only moved to another rule', () => {
    const before = policy({ rules: [LOOK, WORK] });
    const after = policy({ rules: [WORK, { ...LOOK, id: 'see' }, deny(['start'], { id: 'never' })] });
    const diff = policyDiff(before, after, [held('alice', 'h')]);
    assert.ok(isEmpty(diff));
    assert.equal(diffText(diff), 'nobody gains or loses anything (1 role)\n');
  });

  it('knows the groups and tags of each side', () => {
    const rules = [LOOK, allow(['console'], { id: 'staff', groups: ['staff'], tags: ['web'] })];
    const carol = 'carol' as CustomerName;
    const dave = 'dave' as CustomerName;
    const before = policy({ rules, groups: { staff: [carol] }, tags: { web: ['w-*'] } });
    const after = policy({ rules, groups: { staff: [carol, dave] }, tags: { web: ['w-1'] } });
    const text = said(before, after, [held('carol', 'w-1'), held('carol', 'w-2'), held('dave', 'w-1')]);
    assert.match(text, /- carol loses console on w-2\n/);
    assert.match(text, /\+ dave gains console on w-1\n/);
  });

  it('tells a rescue by its profiles where they differ, and whole where they do not', () => {
    const before = policy({ rules: [LOOK, allow(['rescue'], { id: 'any' })] });
    const some = policy({ rules: [LOOK, allow(['rescue'], { id: 'one', profiles: ['rescue'] })] });
    const none = policy({ rules: [LOOK, deny(['rescue'], { id: 'one', profiles: ['rescue'] })] });
    assert.match(said(before, some, [held('a', 'h')]), /^- a loses rescue \(any other profile\) on h\n/);
    assert.match(said(before, policy({ rules: [LOOK] }), [held('a', 'h')]), /^- a loses rescue on h\n/);
    const both = said(before, none, [held('a', 'h')]);
    assert.match(both, /- a loses rescue \(rescue\) on h\n {4}denied by one/);
    assert.match(both, /- a loses rescue \(any other profile\) on h\n {4}no rule allows it/);
  });

  it('tells SysRq by its keys likewise', () => {
    const before = policy({ rules: [LOOK, allow(['sysrq'], { id: 'any' })] });
    const after = policy({ rules: [LOOK, { ...allow(['sysrq'], { id: 'calm' }), sysrqKeys: ['s', 'u'] }] });
    assert.match(said(before, after, [held('a', 'h')]), /^- a loses sysrq \(any other key\) on h\n/);
    assert.match(
      said(after, policy({ rules: [LOOK] }), [held('a', 'h')]),
      /^- a loses sysrq \(s\), sysrq \(u\) on h\n/,
    );
  });

  it('takes a right under conditions for one at times, and a condition for what is so anyway for none', () => {
    const office = { states: ['running' as const] };
    const holdings = [held('alice', 'h')];
    const always = policy({ rules: [LOOK, allow(['console'], { id: 'work' })] });
    const often = policy({ rules: [LOOK, allow(['console'], { id: 'work', when: office })] });
    assert.match(
      said(always, often, holdings),
      /^- alice loses console on h\n {4}allowed at times by work \(test.yaml:1\); before: allowed by work/,
    );
    assert.match(said(often, always, holdings), /^\+ alice gains console on h\n/);
    const elsewhere = policy({
      rules: [LOOK, allow(['console'], { id: 'work', when: { states: ['paused'] } })],
    });
    assert.match(said(often, elsewhere, holdings), /^~ alice has console on other conditions on h\n/);
    assert.ok(isEmpty(policyDiff(often, { ...often }, holdings)));
    const doubled = policy({
      rules: [LOOK, allow(['console'], { id: 'now', when: office }), ...always.rules],
    });
    assert.ok(isEmpty(policyDiff(always, doubled, holdings)));
    const shut = deny(['status'], { id: 'shut', when: office });
    const closed = said(always, policy({ rules: [shut, ...always.rules] }), holdings);
    assert.match(closed, /^- alice loses status, watch on h\n {4}allowed at times by shut/m);
    assert.match(closed, /^- alice loses console on h\n/m);
  });

  it('names the limits, sessions, consoles and rescues that changed', () => {
    const who = { customers: [], groups: ['trial'], roles: [] };
    const at = (line: number) => ({ file: '/etc/x/10.yaml', line, column: 1 });
    const everywhere = { domains: { names: [], tags: [] }, profiles: [], maximumSeconds: null };
    const before = policy({
      rescueTerms: [{ ...everywhere, subjects: who, defaultSeconds: 60, place: at(8) }],
      groups: { trial: ['t' as CustomerName] },
      limits: [limit(['start'], 5, 60, { id: 'boots' }), limit(['start'], 9, 60, { id: 'old' })],
      sessionLimits: [{ subjects: who, count: 2, connections: null, idle: null, place: at(1) }],
    });
    const after = policy({
      rescueTerms: [{ ...everywhere, subjects: who, defaultSeconds: 61, place: at(8) }],
      groups: { trial: ['t' as CustomerName, 'u' as CustomerName] },
      limits: [limit(['start'], 6, 60, { id: 'boots' }), limit(['start'], 9, 60, { id: 'new' })],
      sessionLimits: [{ subjects: who, count: 2, connections: null, idle: null, place: at(7) }],
    });
    assert.equal(
      said(before, after, []),
      [
        '  limits: new (test.yaml:1) is new, boots (test.yaml:1) is changed, old (test.yaml:1) is gone',
        '  sessions: 10.yaml:7 is new, 10.yaml:1 is gone',
        '  rescues: 10.yaml:8 is new, 10.yaml:8 is gone',
        'nobody gains or loses anything (0 roles)',
        '',
      ].join('\n'),
    );
    const moved = {
      ...before,
      sessionLimits: before.sessionLimits.map((entry) => ({ ...entry, place: at(9) })),
    };
    assert.ok(isEmpty(policyDiff(before, moved, [])), 'a line number is no difference');
  });

  it('is short and quick for a thousand customers with a thousand domains', () => {
    const names = (prefix: string): string[] =>
      Array.from({ length: 1000 }, (_, index) => `${prefix}${index}`);
    const holdings = names('c').flatMap((customer, index) =>
      Array.from({ length: 20 }, (_, step) =>
        held(customer, `${step % 2 === 0 ? 'db' : 'web'}-${(index * 7 + step) % 1000}`),
      ),
    );
    const own = names('c').map((customer) =>
      allow(['start'], { id: `own-${customer}`, customers: [customer] }),
    );
    let text = '';
    const took = processorMs(() => {
      text = said(
        policy({ rules: [LOOK, WORK, ...own] }),
        policy({ rules: [LOOK, CLEAN, WORK, ...own] }),
        holdings,
      );
    });
    assert.match(text, /^- c0, c1 and 998 more lose poweroff on db-0, db-1 and \d+ more \(10000 roles\)\n/);
    assert.equal(text.split('\n').length, 4);
    assert.ok(took < 5_000, `${took} ms`);
    process.stdout.write(`\n  the difference for 20,000 roles and 1,000 rules: ${Math.round(took)} ms\n`);
  });
});
