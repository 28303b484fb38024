import assert from 'node:assert/strict';
import type { LoadedPolicy } from '../../config/policy-document.js';
import { readPolicy } from '../../config/policy-document.js';
import type { Problem } from '../../config/problem.js';
import { ACTIONS, COUNTED_ACTIONS } from '../../policy/actions.js';

const SEEN = 'rules:\n  - allow: [status]\n';

function read(...texts: readonly string[]): ReturnType<typeof readPolicy> {
  return readPolicy(texts.map((text, index) => ({ file: `${index + 1}.yaml`, text })));
}

function loaded(...texts: readonly string[]): LoadedPolicy {
  const result = read(...texts);
  assert.ok(result.ok, JSON.stringify(result));
  return result;
}

/** `file:line:column sentence`, then the suggestion. */
function said({ place, message, suggestion }: Problem): string {
  const { file, line, column } = place;
  return `${file}:${line}:${column} ${message}${suggestion === null ? '' : ` ${suggestion}?`}`;
}

function problems(...texts: readonly string[]): readonly string[] {
  const result = read(...texts);
  assert.ok(!result.ok, 'it was loaded');
  return result.problems.map(said);
}

describe('readPolicy', () => {
  it('reads whether security keys must verify their user: only where it is said', () => {
    const { policy } = loaded(
      'keys:\n  - verified: true\n  - verified: true\n    types: [ssh-rsa, sk-ssh-ed25519@openssh.com]\n  - verified: false\n  - count: 1\n',
    );
    assert.deepEqual(
      policy.keyRules.map(({ verified }) => verified),
      [true, true, false, false],
    );
  });

  it('gives every entry its meaning, over several files', () => {
    const { policy } = loaded(
      'groups: {staff: [carol]}\nrules:\n  - id: one\n    allow: [status, all]\n',
      'tags: {sql: ["*-sql"]}\nrules:\n  - deny: [poweroff]\n    groups: [staff]\n    tags: [sql]\n    reason: >\n      Two\n      lines.\n',
      'limits:\n  - actions: [all]\n    count: 2\n    within: 15m\nsessions:\n  - roles: [owner]\n    count: 3\n',
    );
    assert.deepEqual(policy, {
      groups: { staff: ['carol'] },
      tags: { sql: ['*-sql'] },
      rules: [
        {
          id: 'one',
          effect: 'allow',
          subjects: { customers: [], groups: [], roles: [] },
          domains: { names: [], tags: [] },
          actions: ACTIONS.filter((action) => !['reinstall', 'notify'].includes(action)),
          profiles: [],
          images: [],
          sysrqKeys: [],
          when: null,
          reason: null,
          place: { file: '1.yaml', line: 3, column: 5 },
        },
        {
          id: 'rules[1]',
          effect: 'deny',
          subjects: { customers: [], groups: ['staff'], roles: [] },
          domains: { names: [], tags: ['sql'] },
          actions: ['poweroff'],
          profiles: [],
          images: [],
          sysrqKeys: [],
          when: null,
          reason: 'Two lines.',
          place: { file: '2.yaml', line: 3, column: 5 },
        },
      ],
      limits: [
        {
          id: 'limits[0]',
          subjects: { customers: [], groups: [], roles: [] },
          domains: { names: [], tags: [] },
          actions: COUNTED_ACTIONS,
          per: 'domain',
          count: 2,
          windowSeconds: 900,
          when: null,
          reason: null,
          place: { file: '3.yaml', line: 2, column: 5 },
        },
      ],
      sessionLimits: [
        {
          subjects: { customers: [], groups: [], roles: ['owner'] },
          count: 3,
          connections: null,
          idle: null,
          place: { file: '3.yaml', line: 6, column: 5 },
        },
      ],
      consoleTerms: [],
      rescueTerms: [],
      keyRules: [],
    });
  });

  it('reads how consoles go, and for how long menus stand', () => {
    const { policy } = loaded(
      'sessions:\n  - count: 3\n    connections: 5\n    idle: 15m\nconsoles:\n  - roles: [watcher]\n    idle: never\n  - domains: ["db-*"]\n    idle: 90s\n    logOut: true\n',
    );
    assert.deepEqual(
      policy.sessionLimits.map(({ idle, connections }) => [idle, connections]),
      [[900, 5]],
    );
    assert.deepEqual(
      policy.consoleTerms.map(({ idle, logOut, subjects, domains }) => [
        idle,
        logOut,
        subjects.roles,
        domains.names,
      ]),
      [
        ['never', null, ['watcher'], []],
        [90, true, [], ['db-*']],
      ],
    );
  });

  it('reads how long rescues last', () => {
    const { policy } = loaded(
      'rescues:\n  - roles: [operator]\n    default: 90m\n  - profiles: [grml]\n    domains: ["db-*"]\n    maximum: 2d\n  - default: 8h\n    maximum: 366d\n',
    );
    assert.deepEqual(
      policy.rescueTerms.map(({ defaultSeconds, maximumSeconds, profiles, place }) => [
        defaultSeconds,
        maximumSeconds,
        profiles,
        place.line,
      ]),
      [
        [5_400, null, [], 2],
        [172_800, 172_800, ['grml'], 4],
        [28_800, 31_622_400, [], 7],
      ],
    );
  });

  const wrongRescues: readonly [text: string, problem: RegExp][] = [
    ['- {default: 2h, maximum: 1h}', /The default of 2h is longer than the maximum\./],
    ['- {maximum: 367d}', /367d is too long for a rescue\./],
    ['- {default: 9999999d}', /9999999d is too long for a rescue\./],
    ['- {default: never}', /a number and a unit/],
    ['- {default: 0h}', /a number and a unit/],
    ['- {default: -1h}', /a number and a unit/],
    ['- {default: 8}', /8/],
    ['- {roles: [owner]}', /An entry of `rescues` needs `default`, `maximum` or both\./],
    ['- {default: 1h, profiles: [normal]}', /"normal" is no rescue profile/],
    ['- {default: 1h, profiles: []}', /profiles|empty/],
    ['- {default: 1h, groups: [nobody]}', /nobody/],
  ];
  for (const [text, problem] of wrongRescues) {
    it(`refuses the rescues ${text}`, () => {
      const result = read(`${SEEN}rescues:\n  ${text}\n`);
      assert.ok(!result.ok, 'it was loaded');
      assert.match(
        result.problems.map(({ message, expected }) => `${message} ${expected ?? ''}`).join('\n'),
        problem,
      );
    });
  }

  it('is frozen to its last list', () => {
    const { policy } = loaded('groups: {a: [carol]}\nrules:\n  - allow: [status]\n    domains: [horatio]\n');
    const parts = [
      policy,
      policy.groups,
      policy.groups['a'],
      policy.rules,
      policy.rules[0],
      policy.rules[0]?.domains.names,
    ];
    assert.deepEqual(
      parts.map((part) => Object.isFrozen(part)),
      [true, true, true, true, true, true],
    );
  });

  it('has a digest of names and texts, not of where the directory is', () => {
    const digest = (file: string, text: string): string => {
      const result = readPolicy([{ file, text }]);
      assert.ok(result.ok);
      return result.digest;
    };
    assert.equal(digest('/a/1.yaml', SEEN), digest('/b/1.yaml', SEEN));
    assert.notEqual(digest('/a/1.yaml', SEEN), digest('/a/2.yaml', SEEN));
    assert.notEqual(digest('/a/1.yaml', SEEN), digest('/a/1.yaml', `${SEEN}#`));
    assert.match(digest('x', SEEN), /^[0-9a-f]{64}$/);
  });

  describe('finds, with the place and what was meant', () => {
    const rule = (lines: string): string => `rules:\n  - ${lines}\n`;
    const limit = (lines: string): string => `limits:\n  - ${lines}\n`;
    const table: readonly (readonly [string, string, readonly string[]])[] = [
      ['an unknown section', 'rulez: []\n', ['1.yaml:1:1 There is no key `rulez` here. rules?']],
      [
        'an unknown key',
        rule('allow: [start]\n    domain: [x]'),
        ['1.yaml:3:5 There is no key `domain` here. domains?'],
      ],
      ['__proto__', '__proto__: {rules: []}\n', ['1.yaml:1:1 There is no key `__proto__` here.']],
      ['an unknown action', rule('allow: [strat]'), ['1.yaml:2:13 `strat` is not known here. start?']],
      [
        "another program's word",
        rule('allow: [destroy]'),
        ['1.yaml:2:13 `destroy` is not known here. poweroff?'],
      ],
      [
        'another spelling',
        rule('allow: [Power-Off]'),
        ['1.yaml:2:13 `Power-Off` is not known here. poweroff?'],
      ],
      ['a star for all', rule('allow: ["*"]'), ['1.yaml:2:13 `*` is not known here. all?']],
      ['nothing like it', rule('allow: [zzzzzz]'), ['1.yaml:2:13 `zzzzzz` is not known here.']],
      [
        'an unknown role',
        rule('allow: [start]\n    roles: [owners]'),
        ['1.yaml:3:13 `owners` is not known here. owner?'],
      ],
      [
        'allow and deny',
        rule('allow: [start]\n    deny: [start]'),
        ['1.yaml:2:5 A rule says either `allow` or `deny`, one of the two.'],
      ],
      ['neither', rule('reason: x'), ['1.yaml:2:5 A rule says either `allow` or `deny`, one of the two.']],
      ['a word for a list', rule('deny: start'), ['1.yaml:2:11 "start" does not fit `deny`. [start]?']],
      ['a rule that is a word', rule('allow'), ['1.yaml:2:5 "allow" does not fit an entry of `rules`.']],
      [
        'rules that are a mapping',
        'rules: {allow: [start]}\n',
        ['1.yaml:1:8 A mapping does not fit `rules`.'],
      ],
      ['a document that is a list', '- allow: [start]\n', ['1.yaml:1:1 A list does not fit the document.']],
      ['a document that is a word', 'rules\n', ['1.yaml:1:1 "rules" does not fit the document.']],
      ['a section without entries', 'rules:\n', ['1.yaml:1:1 There is no value for `rules`.']],
      [
        'an empty list, which is not everybody',
        rule('allow: [start]\n    customers: []'),
        ['1.yaml:3:16 The list `customers` is empty.'],
      ],
      [
        'an entry twice',
        rule('allow: [start, start]'),
        ['1.yaml:2:20 "start" stands in the list `allow` twice.'],
      ],
      [
        'a number for a name',
        rule('allow: [start]\n    domains: [0x10]'),
        ['1.yaml:3:15 16 does not fit an entry of `domains`. "0x10"?'],
      ],
      [
        'no value for a name',
        rule('allow: [start]\n    domains: [~]'),
        ['1.yaml:3:15 There is no value for an entry of `domains`.'],
      ],
      [
        'the name of no domain',
        rule('allow: [start]\n    domains: ["17"]'),
        ['1.yaml:3:15 No domain can ever be called "17".'],
      ],
      [
        'an option for a domain',
        rule('allow: [start]\n    domains: ["-a"]'),
        ['1.yaml:3:15 No domain can ever be called "-a".'],
      ],
      [
        'a reserved word',
        rule('allow: [start]\n    domains: [keys]'),
        ['1.yaml:3:15 No domain can ever be called "keys".'],
      ],
      [
        'a glob of options',
        rule('allow: [start]\n    domains: ["-*"]'),
        ['1.yaml:3:15 No domain can ever be called "-*".'],
      ],
      [
        'Domain-0',
        rule('allow: [start]\n    domains: [Domain-0]'),
        ['1.yaml:3:15 Domain-0 is never managed.'],
      ],
      [
        'a bracket glob',
        rule('allow: [start]\n    domains: ["db[12]"]'),
        ['1.yaml:3:15 "db[12]" does not fit an entry of `domains`.'],
      ],
      [
        'two stars',
        rule('allow: [start]\n    domains: ["db**"]'),
        ['1.yaml:3:15 Two stars in a row are not a glob here; one is any text already. "db*"?'],
      ],
      [
        'a customer in capitals',
        rule('allow: [start]\n    customers: [Alice]'),
        ['1.yaml:3:17 "Alice" does not fit an entry of `customers`.'],
      ],
      [
        'a customer who cannot be',
        rule('allow: [start]\n    customers: [1st]'),
        ['1.yaml:3:17 No customer can ever be called "1st".'],
      ],
      [
        'an unknown group',
        `groups: {staff: []}\n${rule('allow: [start]\n    groups: [stuff]')}`,
        ['1.yaml:4:14 There is no group `stuff`. staff?'],
      ],
      [
        'an unknown group where there is none',
        rule('allow: [start]\n    groups: [staff]'),
        ['1.yaml:3:14 There is no group `staff`.'],
      ],
      [
        'an unknown tag',
        `tags: {sql: []}\n${limit('actions: [start]\n    count: 1\n    within: 1h\n    tags: [slq]')}`,
        ['1.yaml:6:12 There is no tag `slq`. sql?'],
      ],
      [
        'a glob in a group',
        'groups: {staff: ["c*"]}\n',
        ['1.yaml:1:18 "c*" does not fit an entry of `staff`.'],
      ],
      [
        'a group with a name that is none',
        'groups: {Staff: []}\n',
        ['1.yaml:1:10 `Staff` cannot be a name here.'],
      ],
      [
        'a profile that is none',
        rule('allow: [rescue]\n    profiles: [normal]'),
        ['1.yaml:3:16 "normal" is no rescue profile; going back to normal boot is the action `normal`.'],
      ],
      [
        'profiles without rescue',
        rule('allow: [start]\n    profiles: [grml]'),
        ['1.yaml:3:5 Profiles narrow `rescue`, and this does not speak of it.'],
      ],
      [
        'a reason with an escape character',
        rule('deny: [start]\n    reason: "\\e[2J"'),
        ['1.yaml:3:13 The reason holds U+001B, which does not print.'],
      ],
      [
        'a reason that writes backwards',
        rule('deny: [start]\n    reason: "a\u202eb"'),
        ['1.yaml:3:13 The reason holds U+202E, which does not print.'],
      ],
      ['a reason of spaces', rule('deny: [start]\n    reason: "  "'), ['1.yaml:3:13 The reason is empty.']],
      [
        'a reason of yes',
        rule('deny: [start]\n    reason: true'),
        ['1.yaml:3:13 true does not fit `reason`. "true"?'],
      ],
      [
        'a window without a unit',
        limit('actions: [start]\n    count: 1\n    within: 3600'),
        ['1.yaml:4:13 3600 does not fit `within`. "3600"?'],
      ],
      [
        'a window of two years',
        limit('actions: [start]\n    count: 1\n    within: 730d'),
        ['1.yaml:4:13 730d is too long a window.'],
      ],
      [
        'a limit without a count',
        limit('actions: [start]\n    within: 1h'),
        ['1.yaml:2:5 The key `count` is missing.'],
      ],
      [
        'a limit of none',
        limit('actions: [start]\n    count: 0\n    within: 1h'),
        ['1.yaml:3:12 0 does not fit `count`.'],
      ],
      [
        'a limit of half',
        limit('actions: [start]\n    count: 0.5\n    within: 1h'),
        ['1.yaml:3:12 0.5 does not fit `count`.'],
      ],
      [
        'a limit of both kinds',
        limit('actions: [watch]\n    count: 1\n    within: 1h\n    atOnce: true'),
        ['1.yaml:2:5 A limit says either `within` what time, or `atOnce: true`, one of the two.'],
      ],
      [
        'a limit of no kind',
        limit('actions: [start]\n    count: 1'),
        ['1.yaml:2:5 A limit says either `within` what time, or `atOnce: true`, one of the two.'],
      ],
      [
        'a limit of what does not last, at once',
        limit('actions: [console, start]\n    count: 1\n    atOnce: true'),
        ['1.yaml:2:24 `start` does not last: how often it may be is said with `within`.'],
      ],
      [
        'a limit of what lasts, in a window',
        limit('actions: [watch, start]\n    count: 1\n    within: 1h'),
        [
          '1.yaml:2:15 `watch` is not counted in a window: how many there may be is said with `atOnce: true`.',
        ],
      ],
      [
        'a limit on what is not counted',
        limit('actions: [log]\n    count: 1\n    within: 1h'),
        ['1.yaml:2:15 `log` is not known here.'],
      ],
      [
        'an unknown per',
        limit('actions: [start]\n    count: 1\n    within: 1h\n    per: domains'),
        ['1.yaml:5:10 `domains` is not known here. domain?'],
      ],
      [
        'a session limit on a domain',
        'sessions:\n  - count: 1\n    domains: [x]\n',
        ['1.yaml:3:5 There is no key `domains` here.'],
      ],
      [
        'SysRq keys that are none, of an action that has none',
        `${rule('allow: [sysrq]\n    sysrqKeys: [S, 1]')}  - allow: [start]\n    sysrqKeys: [s]\n`,
        [
          '1.yaml:3:17 "S" does not fit an entry of `sysrqKeys`.',
          '1.yaml:3:20 1 does not fit an entry of `sysrqKeys`. "1"?',
          '1.yaml:5:5 Keys narrow `sysrq`, and this does not speak of it.',
        ],
      ],
      [
        'yes and no where true and false are meant',
        'consoles:\n  - logOut: no\n  - logOut: On\n  - logOut: maybe\n',
        [
          '1.yaml:2:13 "no" does not fit `logOut`. false?',
          '1.yaml:3:13 "On" does not fit `logOut`. true?',
          '1.yaml:4:13 "maybe" does not fit `logOut`.',
        ],
      ],
      [
        'verified security keys, of types that are none',
        'keys:\n  - verified: true\n    types: [ssh-ed25519, ssh-rsa]\n  - verified: maybe\n',
        [
          '1.yaml:3:12 `verified: true` needs a type of security keys (sk-ssh-ed25519@openssh.com, sk-ecdsa-sha2-nistp256@openssh.com): without one nobody could log in.',
          '1.yaml:4:15 "maybe" does not fit `verified`.',
        ],
      ],
      [
        'conditions that are none',
        rule('allow: [start]\n    when: {}'),
        ['1.yaml:3:11 The mapping `when` is empty.'],
      ],
      [
        'a network with bits behind its prefix',
        rule('allow: [start]\n    when:\n      from: [203.0.113.7/24, "::ffff:10.0.0.0/104"]'),
        [
          '1.yaml:4:14 Bits of "203.0.113.7/24" stand behind its prefix: a network ends with zeros. 203.0.113.0/24?',
        ],
      ],
      [
        'what is no network',
        rule('allow: [start]\n    when:\n      from: [office]'),
        ['1.yaml:4:14 "office" is no network.'],
      ],
      [
        'what is no time',
        rule('allow: [start]\n    when:\n      times: [mon-fri 8:00-18:00, "24:00-25:00"]'),
        [
          '1.yaml:4:15 "mon-fri 8:00-18:00" is no time of the week.',
          '1.yaml:4:35 "24:00-25:00" is no time of the week.',
        ],
      ],
      [
        'a zone that is none',
        rule('allow: [start]\n    when: {times: [sat], zone: Europe/Berln}'),
        ['1.yaml:3:32 There is no time zone "Europe/Berln". Europe/Berlin?'],
      ],
      [
        'a state that is none, and one that is not known',
        rule('allow: [start]\n    when: {states: [runing, unknown]}'),
        ['1.yaml:3:21 `runing` is not known here. running?', '1.yaml:3:29 `unknown` is not known here.'],
      ],
      [
        'a boot that is not known',
        rule('allow: [start]\n    when: {booted: [unknown]}'),
        ['1.yaml:3:21 What is not known meets no condition.'],
      ],
      [
        'an id twice',
        `${rule('id: a\n    allow: [start]')}${limit('id: a\n    actions: [start]\n    count: 1\n    within: 1h')}`,
        ['1.yaml:5:9 The id `a` is there already, at line 2.'],
      ],
      [
        'an id that is made for others',
        rule('id: "rules[0]"\n    allow: [start]'),
        ['1.yaml:2:9 "rules[0]" does not fit `id`.'],
      ],
    ];
    for (const [name, text, expected] of table) {
      it(name, () => {
        assert.deepEqual(problems(text), expected);
      });
    }
  });

  it('finds everything at once, also inside of an entry that is wrong elsewhere, in order', () => {
    assert.deepEqual(
      problems(
        'rules:\n  - deny: poweroff\n    groups: [staff]\n    reason: "\\u0007"\n    colour: red\n',
        'a: &x [*x]\n',
        'groups: {staff: [], staff: []}\n',
      ),
      [
        '1.yaml:2:11 "poweroff" does not fit `deny`. [poweroff]?',
        '1.yaml:4:13 The reason holds U+0007, which does not print.',
        '1.yaml:5:5 There is no key `colour` here.',
        '2.yaml:1:8 *x stands inside of what it is an alias of.',
        '3.yaml:1:21 This key stands here twice.',
      ],
    );
  });

  it('finds names that two files give', () => {
    assert.deepEqual(problems('groups: {a: []}\ntags: {a: []}\n', 'tags: {b: []}\ngroups: {a: []}\n'), [
      '2.yaml:2:10 The group `a` is there already, at 1.yaml:1.',
    ]);
  });

  it('does not blame a file for groups that another one, which is broken, may define', () => {
    assert.deepEqual(
      problems('groups: {staff: [carol]\n', 'rules:\n  - allow: [start]\n    groups: [staff]\n'),
      [
        '1.yaml:2:1 A bracket that was opened is not closed, or this is not indented far enough for what is inside.',
      ],
    );
  });

  it('does not take long over a file that is wrong everywhere', () => {
    const wrong = Array.from({ length: 2_000 }, (_, index) => `  - allow: [strat${index}]\n`).join('');
    const found = problems(`rules:\n${wrong}`);
    assert.equal(found.length, 201);
    assert.match(found.at(-1) ?? '', /^1\.yaml:202:13 From here on there are 1800 more\.$/);
    const groups = Array.from({ length: 300 }, (_, index) => `  group-number-${index}: []\n`).join('');
    const unknown = Array.from(
      { length: 500 },
      (_, index) => `  - {allow: [start], groups: [grop-number-${index}]}\n`,
    );
    assert.equal(problems(`groups:\n${groups}rules:\n${unknown.join('')}`).length, 500);
  });

  describe('warns', () => {
    const warnings = (...texts: readonly string[]): readonly string[] => loaded(...texts).warnings.map(said);

    it('of a policy in which nobody sees anything', () => {
      const nobody = '1.yaml:1:1 No rule allows status: customers will see no server at all.';
      assert.deepEqual(warnings(''), [nobody]);
      assert.deepEqual(warnings('rules:\n  - allow: [start]\n  - deny: [status]\n'), [nobody]);
      assert.deepEqual(warnings(), [], 'without a file there is no place to name');
    });

    it('of a reason that nobody reads', () => {
      assert.deepEqual(warnings(`${SEEN}    reason: Because.\n`), [
        '1.yaml:3:5 Nobody reads the reason of a rule that allows.',
      ]);
    });

    it('of a group or a tag with nothing in it, where it is named', () => {
      const text = `groups: {trial: [], staff: [carol]}\ntags: {sql: []}\n${SEEN}    groups: [trial, staff]\n    tags: [sql]\n`;
      assert.deepEqual(warnings(text), [
        '1.yaml:5:14 The group `trial` is empty: nothing is meant by it.',
        '1.yaml:6:12 The tag `sql` is empty: nothing is meant by it.',
      ]);
    });

    it('of a zone that nothing is measured by', () => {
      assert.deepEqual(warnings(`${SEEN}    when: {zone: Europe/Berlin, states: [running]}\n`), [
        '1.yaml:3:12 A zone without `times` says nothing.',
      ]);
    });

    const covered: readonly (readonly [string, string, string])[] = [
      ['allow: [all]', 'deny: [start]', 'never reached'],
      ['allow: [start, reboot]', 'deny: [start]', 'never reached'],
      ['allow: [start]', 'deny: [start, reboot]', 'reached'],
      ['allow: [start]\n    customers: ["*"]', 'deny: [start]\n    domains: [horatio]', 'never reached'],
      ['allow: [start]\n    customers: [alice]', 'deny: [start]', 'reached'],
      ['allow: [start]\n    customers: [alice, bob]', 'deny: [start]\n    customers: [bob]', 'never reached'],
      ['allow: [start]\n    roles: [owner, operator, watcher]', 'deny: [start]', 'never reached'],
      ['allow: [start]\n    roles: [owner]', 'deny: [start]\n    roles: [owner, operator]', 'reached'],
      ['allow: [start]\n    domains: [horatio]', 'deny: [start]\n    domains: [horatio]', 'never reached'],
      ['allow: [start]\n    domains: ["h*"]', 'deny: [start]\n    domains: [horatio]', 'reached'],
      ['allow: [rescue]\n    profiles: [a]', 'deny: [rescue]', 'reached'],
      ['allow: [rescue]\n    profiles: [a, b]', 'deny: [rescue]\n    profiles: [a]', 'never reached'],
      ['allow: [start, rescue]\n    profiles: [a]', 'deny: [start]', 'never reached'],
      ['allow: [sysrq]\n    sysrqKeys: [s]', 'deny: [sysrq]', 'reached'],
      ['allow: [reinstall]\n    images: [debian]', 'deny: [reinstall]', 'reached'],
      ['allow: [reinstall]', 'deny: [reinstall]\n    images: [debian]', 'never reached'],
      ['allow: [all]', 'deny: [reinstall]', 'reached'],
      ['deny: [all]', 'allow: [reinstall]', 'never reached'],
      ['allow: [sysrq]\n    sysrqKeys: [s, u]', 'deny: [sysrq]\n    sysrqKeys: [u]', 'never reached'],
      ['allow: [start]\n    when: {states: ["off"]}', 'deny: [start]', 'reached'],
      ['allow: [start]', 'deny: [start]\n    when: {states: ["off"]}', 'never reached'],
    ];
    for (const [first, second, expected] of covered) {
      it(`${JSON.stringify(first)} before ${JSON.stringify(second)}: ${expected}`, () => {
        const text = `rules:\n  - ${first}\n  - allow: [status, log]\n    roles: [owner]\n  - ${second}\n`;
        const found = warnings(text).filter((warning) => warning.includes('rules[2] is never reached'));
        assert.equal(found.length, expected === 'never reached' ? 1 : 0, found.join('\n'));
        assert.ok(
          found.every((warning) =>
            warning.endsWith(
              'The rule rules[2] is never reached: rules[0] (line 2) has decided all of it before.',
            ),
          ),
        );
      });
    }

    it('of a rule that two others cover together', () => {
      const text =
        'rules:\n  - allow: [status]\n  - allow: [start]\n  - deny: [start, status]\n    roles: [owner]\n';
      assert.deepEqual(warnings(text), [
        '1.yaml:4:5 The rule rules[2] is never reached: rules[0] (line 2) has decided all of it before.',
      ]);
    });
  });
});
