import assert from 'node:assert/strict';
import { readPolicy } from '../../config/policy-document.js';
import { problemText } from '../../config/problem.js';

const RULES = `rules:
  - id: frozen
    deny: [all]
    domains: [yorick]
    reason: It is closed.
  - id: clean
    deny: [poweroff]
    domains: ["db-*"]
    roles: [operator]
  - id: small
    allow: [rescue]
    groups: [trial]
    profiles: [rescue]
  - id: work
    allow: [status, console, poweroff]
    roles: [owner, operator]
groups: {trial: [trinculo]}
limits:
  - {id: few, actions: [all], count: 1, within: 1h}
`;

/** The problems of a policy of two files, the rules and these tests; empty when it is sound. */
function said(...tests: readonly string[]): string {
  const text = `tests:\n${tests.map((test) => `  - {${test}}\n`).join('')}`;
  // The file with the tests is read first, and still knows the rules.
  const result = readPolicy([
    { file: '1.yaml', text },
    { file: '2.yaml', text: RULES },
  ]);
  return result.ok ? '' : problemText(result.problems);
}

const CAROL = 'customer: carol, role: operator, domain: db-1';

describe('the tests of a policy', () => {
  it('pass when the rules answer as expected, whatever customers and domains there are', () => {
    assert.equal(
      said(
        `${CAROL}, deny: [poweroff], rule: clean`,
        `${CAROL}, allow: [status, console], rule: work`,
        'customer: trinculo, role: owner, domain: db-1, profile: rescue, allow: [rescue], rule: small',
        'customer: trinculo, role: owner, domain: db-1, profile: other, deny: [rescue]',
        'customer: alice, role: owner, domain: horatio, allow: [poweroff]',
        'customer: alice, role: watcher, domain: horatio, deny: [all]',
      ),
      '',
    );
  });

  it('that expect `all` speak of the actions of version 1.0.0: a policy of then stays good, and says no more', () => {
    const FIRST =
      'status, console, watch, takeover, sysrq, log, log-switch, start, shutdown, poweroff, reboot, rescue, normal';
    const problems = (test: string): readonly string[] => {
      const result = readPolicy([
        {
          file: 'p.yaml',
          text: `rules:\n  - allow: [${FIRST}]\n    roles: [owner]\ntests:\n  - {${test}}\n`,
        },
      ]);
      return result.ok ? [] : result.problems.map(({ message }) => message);
    };
    const owner = 'customer: alice, role: owner, domain: horatio';
    assert.deepEqual(problems(`${owner}, allow: [all]`), []);
    for (const later of ['extend', 'reinstall', 'notify']) {
      assert.match(problems(`${owner}, allow: [${later}]`).join(), /is denied, as no rule allows it/);
      assert.match(problems(`${owner}, allow: [all, ${later}]`).join(), /is denied, as no rule allows it/);
    }
    assert.deepEqual(problems('customer: alice, role: watcher, domain: horatio, deny: [all]'), []);
    // What must be denied is every action, also of later versions.
    assert.equal(problems(`${owner}, deny: [all]`).length, FIRST.split(', ').length);
  });

  it('say where they stand, what was expected, what came, and by which rule', () => {
    assert.equal(
      said(`${CAROL}, allow: [console, poweroff]`),
      [
        '1.yaml:2:70: This test fails: poweroff on db-1 by carol, operator, is denied by `clean` (2.yaml:6).',
        `      - {${CAROL}, allow: [console, poweroff]}`,
        `    ${' '.repeat(69)}^`,
        '    expected it to be allowed',
        '',
      ].join('\n'),
    );
  });

  const failures: readonly (readonly [string, string, RegExp])[] = [
    [
      'a right that another rule gives',
      `${CAROL}, allow: [console], rule: small`,
      /is allowed by `work` \(2\.yaml:14\)\.[^]*expected it to be allowed by `small`/,
    ],
    ['what no rule allows', `${CAROL}, allow: [reboot]`, /is denied, as no rule allows it\./],
    [
      'a profile that is not open',
      'customer: trinculo, role: owner, domain: d, profile: other, allow: [rescue]',
      /is denied, as no rule allows this profile\./,
    ],
    [
      'a domain that is not even seen',
      'customer: a, role: owner, domain: yorick, allow: [console]',
      /console on yorick by a, owner, is denied by `frozen`/,
    ],
    [
      'a rule that is not there',
      `${CAROL}, deny: [poweroff], rule: claen`,
      /There is no rule `claen`\.[^]*did you mean `clean`\?/,
    ],
    ['a customer that can never be', 'customer: Carol, role: owner, domain: d, allow: [status]', /"Carol"/],
    [
      'a domain that can never be',
      'customer: carol, role: owner, domain: "1234", allow: [status]',
      /No domain can ever be called "1234"/,
    ],
    ['Domain-0', 'customer: carol, role: owner, domain: Domain-0, allow: [status]', /never managed/],
    ['no role', 'customer: carol, domain: db-1, deny: [status]', /The key `role` is missing/],
    ['both answers', `${CAROL}, allow: [status], deny: [console]`, /either `allow` or `deny`/],
    ['neither answer', CAROL, /either `allow` or `deny`/],
    ['a misspelt key', `${CAROL}, domains: [x], deny: [status]`, /no key `domains`[^]*did you mean `domain`/],
    [
      'a profile for something else',
      `${CAROL}, profile: rescue, allow: [status]`,
      /1\.yaml:2:\d+: Profiles narrow `rescue`/,
    ],
  ];
  for (const [what, test, sentence] of failures) {
    it(`refuse the policy for ${what}`, () => {
      assert.match(said(test), sentence);
    });
  }

  it('are not run on rules that are wrong already: they would only echo', () => {
    const text =
      'rules: [{alow: [status]}]\ntests: [{customer: a, role: owner, domain: d, allow: [status]}]\n';
    const result = readPolicy([{ file: '1.yaml', text }]);
    assert.ok(!result.ok);
    assert.doesNotMatch(problemText(result.problems), /test fails/);
  });

  it('take no limit as used: each asks alone', () => {
    const one = 'customer: alice, role: owner, domain: horatio, allow: [poweroff]';
    assert.equal(said(one, one, one), '');
  });

  it('that all fail are told in part, and counted', () => {
    const lines = said(...Array.from({ length: 120 }, () => `${CAROL}, allow: [poweroff]`)).split('\n');
    assert.equal(lines.filter((line) => line.includes('This test fails')).length, 50);
    assert.ok(
      lines.some((line) => line.startsWith('1.yaml:52:') && line.includes('70 more tests that fail')),
    );
  });

  it('say from where, when and in what state, where the rules ask for that', () => {
    const rules = `rules:
  - {id: night, deny: [poweroff], when: {times: ["22:00-06:00"], zone: Europe/Berlin}}
  - {id: vpn, allow: [poweroff], when: {from: [203.0.113.0/24]}}
  - {id: off, allow: [start], when: {states: [off]}}
  - {id: rescued, allow: [console], when: {booted: [rescue]}}
  - {id: look, allow: [status]}
`;
    const alice = 'customer: alice, role: owner, domain: horatio';
    const about = (...tests: readonly string[]): string => {
      const text = `${rules}tests:\n${tests.map((test) => `  - {${alice}, ${test}}\n`).join('')}`;
      const result = readPolicy([{ file: '1.yaml', text }]);
      return result.ok ? '' : result.problems.map(({ message }) => message).join('\n');
    };
    assert.equal(
      about(
        'from: 203.0.113.7, at: 2026-12-24T20:59Z, allow: [poweroff], rule: vpn',
        'from: "::ffff:203.0.113.7", at: 2026-12-24T20:59Z, allow: [poweroff], rule: vpn',
        'from: 203.0.113.7, at: 2026-12-24T22:00+01:00, deny: [poweroff], rule: night',
        'at: 2026-12-24 20:59Z, deny: [poweroff]',
        'state: off, allow: [start]',
        'state: running, deny: [start]',
        'deny: [start]',
        'state: running, booted: rescue, allow: [console]',
        'allow: [status]',
      ),
      '',
    );
    assert.equal(
      about('from: 203.0.113.7, deny: [poweroff, start]').split('\n')[0],
      'What comes of this test depends on the time.',
    );
    assert.equal(
      about('from: example.net, at: 2026-13-24T22:00Z, deny: [start]'),
      '"example.net" is no address.\nThere is no time 2026-13-24T22:00Z.',
    );
    assert.equal(
      about('allow: [start]'),
      'This test fails: start on horatio by alice, owner, is denied, as conditions are not met.',
    );
  });
});
