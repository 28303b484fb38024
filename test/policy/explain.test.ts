import assert from 'node:assert/strict';
import { explain, explainText } from '../../policy/explain.js';
import type { BootProfileName } from '../../policy/names.js';
import type { Request, Subjects } from '../../policy/policy.js';
import type { Role } from '../../policy/roles.js';
import { allow, deny, limit, policy, request, unused, usedAt } from '../support/policy-values.js';

const NOW = new Date('2024-05-01T12:00:00Z');
const HOUR_AGO = new Date('2024-05-01T11:00:00Z');

const subjects = (some: Partial<Subjects>): Subjects => ({ customers: [], groups: [], roles: [], ...some });

describe('explain', () => {
  const document = policy({
    groups: { trial: [] },
    rules: [
      allow(['status'], { id: 'look' }),
      deny(['poweroff'], { id: 'others', customers: ['bob'], groups: ['trial'] }),
      deny(['poweroff'], { id: 'watchers', roles: ['watcher'] }),
      deny(['poweroff'], { id: 'databases', domains: ['db-*'], tags: ['sql'] }),
      allow(['poweroff'], { id: 'work' }),
      deny(['poweroff'], { id: 'never reached' }),
    ],
    limits: [limit(['poweroff', 'start'], 2, 7200, { id: 'some' }), limit(['start'], 1, 60, { id: 'other' })],
  });

  it('says of each rule why it is not the one, up to the one that decides, and what is left of the limits', () => {
    const explanation = explain(document, request('poweroff'), usedAt(HOUR_AGO), NOW);
    assert.deepEqual(
      explanation.rules.map(({ rule, mismatch }) => [rule.id, mismatch]),
      [
        ['look', 'action'],
        ['others', 'customer'],
        ['watchers', 'role'],
        ['databases', 'domain'],
        ['work', null],
      ],
    );
    assert.deepEqual(
      explanation.limits.map(({ limit: { id }, used, left, again }) => [id, used, left, again]),
      [['some', 1, 1, null]],
    );
    assert.equal(
      explainText(explanation),
      [
        'alice, poweroff, horatio: allowed by work',
        '',
        'role     owner',
        'at       2024-05-01T12:00:00.000Z',
        'from     not known',
        'state    not known',
        'rules    first match decides',
        '     look       test.yaml:1  not for poweroff: allows status',
        '     others     test.yaml:1  not for alice: for bob, group trial',
        '     watchers   test.yaml:1  not for owner: for watcher',
        '     databases  test.yaml:1  not for horatio: for db-*, tag sql',
        '  >  work       test.yaml:1  matches: allow',
        'limits   all must hold',
        '     some  test.yaml:1  1 of 2 in 2 hours, per domain: 1 left',
        '',
      ].join('\n'),
    );
  });

  it('says how the console goes, for what opens it', () => {
    const everybody = { customers: [], groups: [], roles: [] };
    const everywhere = { names: [], tags: [] };
    const place = { file: 'test.yaml', line: 9, column: 1 };
    const terms = { subjects: everybody, domains: everywhere, record: 'output', place } as const;
    const said = (idle: number | 'never' | null, logOut: boolean | null): string | undefined =>
      explainText(
        explain(
          policy({ rules: [allow(['console'])], consoleTerms: [{ ...terms, idle, logOut }] }),
          request('console'),
          unused,
          NOW,
        ),
      )
        .split('\n')
        .find((line) => line.startsWith('console'));
    assert.equal(said(null, null), 'console  record output, by consoles: at test.yaml:9');
    assert.equal(
      said(900, true),
      'console  idle 15 minutes, Ctrl-D on leaving, record output, by consoles: at test.yaml:9',
    );
    assert.match(said('never', false) ?? '', /idle never, no Ctrl-D on leaving/);
  });

  it('says how long a rescue lasts, by the profile that is asked for, or that runs', () => {
    const everywhere = { subjects: subjects({}), domains: { names: [], tags: [] } };
    const lasts = (line: number, usual: number | null, most: number | null, profile?: BootProfileName) => ({
      ...everywhere,
      profiles: profile === undefined ? [] : [profile],
      defaultSeconds: usual,
      maximumSeconds: most,
      place: { file: 'test.yaml', line, column: 1 },
    });
    const grml = 'grml' as BootProfileName;
    const rescueTerms = [lasts(7, 3600, null, grml), lasts(8, 28_800, 86_400)];
    const said = (asked: Request): string | undefined =>
      explainText(
        explain(policy({ rules: [allow(['rescue', 'extend', 'start'])], rescueTerms }), asked, unused, NOW),
      )
        .split('\n')
        .find((line) => line.startsWith('lasts'));
    assert.equal(
      said(request('rescue', { profile: grml })),
      'lasts    1 hour unless asked otherwise, no maximum, by rescues: at test.yaml:7',
    );
    assert.equal(said(request('extend', { booted: grml })), said(request('rescue', { profile: grml })));
    assert.equal(
      said(request('rescue')),
      'lasts    8 hours unless asked otherwise, 1 day at most, by rescues: at test.yaml:8',
    );
    assert.equal(said(request('start')), undefined);
  });

  it('says until when a limit is used up', () => {
    const explanation = explain(document, request('poweroff'), usedAt(HOUR_AGO, HOUR_AGO), NOW);
    const again = explanation.limits[0]?.again;
    assert.ok(again instanceof Date && again >= new Date('2024-05-01T13:00:00Z'));
    const text = explainText(explanation);
    assert.match(text, /^alice, poweroff, horatio: denied, limit-reached \(some\)\n/);
    assert.match(
      text,
      /\n {2}! {2}some {2}test\.yaml:1 {2}2 of 2 in 2 hours, per domain: used up until 2024-05-01T13:0/,
    );
    assert.match(text, /\nthe customer reads: The limit of 2 times in 2 hours for horatio/);
  });

  it('asks no rule without a role', () => {
    const explanation = explain(document, request('poweroff', { role: null }), unused, NOW);
    assert.deepEqual([explanation.rules, explanation.limits], [[], []]);
    assert.equal(
      explainText(explanation),
      [
        'alice, poweroff, horatio: denied, no-role',
        '',
        'role     none: alice has no role on horatio, so no rule is asked',
        '',
        'the customer reads: There is no such server, or it is not yours.',
        '',
      ].join('\n'),
    );
  });

  it('says that no rule speaks of it, and names profiles', () => {
    const rules = [allow(['rescue'], { id: 'safe', profiles: ['grml'] })];
    const text = explainText(explain(policy({ rules }), request('rescue', { profile: 'x' }), unused, NOW));
    assert.match(text, /: denied, profile-not-allowed\n/);
    assert.match(text, /\nprofile {2}x\n/);
    assert.match(
      text,
      /not for profile x: for grml\n {2}none of them speaks of this, and what no rule allows is denied\n/,
    );
    assert.match(text, /\nlimits {3}none applies\n/);
  });

  it('says how many sessions and connections the customer may have, by the entry that counts', () => {
    const place = (line: number) => ({ file: '10-default.yaml', line, column: 5 });
    const sessionLimits = [
      { subjects: subjects({ roles: ['watcher'] }), count: 1, connections: 1, idle: null, place: place(3) },
      { subjects: subjects({}), count: 8, connections: null, idle: null, place: place(6) },
    ];
    const of = (...held: readonly Role[]): string | undefined =>
      explainText(explain({ ...document, sessionLimits }, request('poweroff'), unused, NOW, held))
        .split('\n')
        .find((line) => line.startsWith('at once'));
    assert.match(
      String(of('owner', 'watcher')),
      /^at once {2}one session, one connection, by sessions: at .*:3/,
    );
    assert.match(
      String(of('owner')),
      /^at once {2}8 sessions, connections as gate\.yaml says, by sessions: at .*:6/,
    );
  });
});
