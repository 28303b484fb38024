import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { ACTIONS } from '../../policy/actions.js';
import { consoleTerms, evaluate, evaluateSessions, rescueTerms } from '../../policy/evaluate.js';
import { keyRule } from '../../policy/key-rule.js';
import type { Policy, Request } from '../../policy/policy.js';
import { ROLES } from '../../policy/roles.js';
import { PolicyHolder } from '../../server/gate/policy/policy-holder.js';
import type { PolicySource } from '../../server/gate/policy/policy-holder.js';
import { request } from '../support/policy-values.js';
import { printedPolicy } from '../support/printed-policy.js';
import { silentLogger } from '../support/silent-logger.js';
import { readPolicy } from '../../config/policy-document.js';
import { problemText } from '../../config/problem.js';
import { propertyRuns } from '../support/property-runs.js';

/** Parts of the language that the shipped examples do not use. */
const REST = `groups: {staff: [carol], trial: [trinculo]}
tags: {sql: ["db-*"]}
rules:
  - {id: night, deny: [poweroff], when: {times: ["22:00-06:00", sat], zone: Europe/Berlin}, reason: Not by night.}
  - {allow: [console, takeover], roles: [operator], when: {from: [203.0.113.0/24, "2001:db8::/32"]}}
  - {allow: [console], roles: [watcher], when: {states: [crashed, off], booted: [rescue]}}
  - {allow: [sysrq], sysrqKeys: [s, u], tags: [sql]}
  - {allow: [status, rescue, start], profiles: [rescue], customers: ["al*", carol]}
limits:
  - {id: one, actions: [console, watch], per: customer, count: 1, atOnce: true}
  - {actions: [all], per: source, count: 5, within: 1h, when: {times: [mon-fri 08:00-18:00]}}
consoles:
  - {groups: [trial], idle: 30m, logOut: true, record: output}
keys:
  - {groups: [staff], types: [ssh-ed25519], count: 3, expires: 365d}
  - {roles: [owner], rsaBits: 3072}
`;

const examples = [
  ...['10-default.yaml', 'hosting.yaml'].map((name) =>
    readFileSync(new URL(`../../../policy/examples/${name}`, import.meta.url), 'utf8'),
  ),
  REST,
];

const moments = fc.date({
  min: new Date('2026-01-01T00:00:00Z'),
  max: new Date('2027-01-01T00:00:00Z'),
  noInvalidDate: true,
});

/** Questions about the examples' names and about others. */
const questions = fc.record({
  request: fc
    .record({
      action: fc.constantFrom(...ACTIONS),
      customer: fc.constantFrom('alice', 'carol', 'dave', 'trinculo', 'mallory'),
      role: fc.option(fc.constantFrom(...ROLES), { freq: 12 }),
      domain: fc.constantFrom('horatio', 'yorick', 'db-1', 'shop-sql', 'x'),
      profile: fc.option(fc.constantFrom('rescue', 'debian')),
      key: fc.option(fc.constantFrom('s', 'b')),
      source: fc.option(fc.constantFrom('203.0.113.7', '192.0.2.1', '2001:db8::1', '2001:db9::1')),
      state: fc.option(fc.constantFrom('running', 'crashed', 'off')),
      booted: fc.option(fc.constantFrom('normal', 'rescue')),
    })
    .map(({ action, ...parts }) => request(action, parts)),
  now: moments,
  used: fc.nat(25),
});

interface Question {
  readonly request: Request;
  readonly now: Date;
  readonly used: number;
}

/** The policy's whole answer to a question, without places in files. */
function answer(policy: Policy, { request: asked, now, used }: Question): string {
  const { customer, role, domain } = asked;
  const decision = evaluate(policy, asked, () => used, now);
  const { allow } = decision;
  const by = allow
    ? decision.rule.id
    : [decision.reason, decision.rule?.id, decision.limit?.id, decision.message];
  const held = role === null ? [] : [role];
  const sessions = evaluateSessions(policy, customer, held, used);
  const terms = consoleTerms(policy, customer, role, domain);
  const rescue = rescueTerms(policy, customer, role, domain, asked.profile);
  const key = keyRule(policy, customer, held);
  return JSON.stringify([
    ...[allow, by, sessions.allow, sessions.limit?.count, sessions.limit?.idle],
    ...[
      terms?.idle,
      terms?.logOut,
      terms?.record,
      rescue?.defaultSeconds,
      rescue?.maximumSeconds,
      key?.types,
      key?.rsaBits,
      key?.count,
      key?.maxAgeSeconds,
      key?.verified,
    ],
  ]);
}

/** Pieces with a meaning in YAML, in the policy language or in JavaScript. */
const PIECES = [
  ...[
    '\n',
    '\t',
    ' ',
    '  ',
    ':',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '#',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!x ',
    '? ',
    '%',
    '@',
    '---\n',
    '...\n',
  ],
  ...[
    'null',
    '~',
    'true',
    '1',
    '-1',
    '1.5',
    '.inf',
    '.nan',
    '0x1',
    '""',
    '[]',
    '{}',
    '<<: ',
    'all',
    '*',
    '**',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'groups',
    'tags',
    'rules',
    'limits',
    'sessions',
    'allow',
    'deny',
    'id',
    'reason',
    'when',
    'from',
    'off',
    '22:00-06:00',
    'keys',
    'atOnce',
  ],
  ...['\r\n', '\0', '\u001b', '\uFEFF', '\u2028', '\u202e', '\ud800', '😀', 'é'],
];

const edit = fc.record({
  at: fc.nat(3_000),
  remove: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(200)),
  insert: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 }), fc.constant('')),
});

const mutated = fc
  .tuple(fc.constantFrom(...examples), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) =>
    edits.reduce((result, { at, remove, insert }) => {
      const place = at % (result.length + 1);
      return result.slice(0, place) + insert + result.slice(place + remove);
    }, text),
  );

describe('a gate, over many mutated files', () => {
  it('decides as before when it refuses one, and as the file, printed and read again, when it takes it', () => {
    const many = propertyRuns('mutated policies', 150, 3_000);
    const { numRuns: asked } = propertyRuns('questions to each', 1_000, 10_000);
    const asking = fc.sample(questions, { numRuns: asked, seed: many.seed });
    let text = examples[0] ?? '';
    const source: PolicySource = {
      load: () => {
        const read = readPolicy([{ file: '10.yaml', text }]);
        return read.ok
          ? read
          : { ok: false, problems: read.problems.map((problem) => problemText([problem])) };
      },
      lastAccepted: () => null,
      keep: () => undefined,
    };
    const holder = new PolicyHolder(source, { append: () => undefined }, silentLogger);
    const outcomes = { taken: 0, refused: 0 };
    const answers = (): readonly string[] => asking.map((question) => answer(holder.policy, question));
    let before = answers();
    fc.assert(
      fc.property(mutated, (next) => {
        text = next;
        const reloaded = holder.reload(null);
        if (!reloaded.ok) {
          outcomes.refused += 1;
          for (const problem of reloaded.problems) assert.match(problem, /^10\.yaml(:\d+:\d+)?: /);
          // Each answer is the earlier policy's. Asking all questions each time would tell no more.
          for (const [index, question] of asking.slice(0, 50).entries())
            assert.equal(answer(holder.policy, question), before[index]);
          return;
        }
        if (!reloaded.changed) return;
        outcomes.taken += 1;
        before = answers();
        const printed = readPolicy([{ file: '10.yaml', text: printedPolicy(holder.policy) }]);
        assert.ok(printed.ok, JSON.stringify(printed));
        for (const [index, question] of asking.entries())
          assert.equal(answer(printed.policy, question), before[index]);
      }),
      many,
    );
    assert.ok(
      outcomes.taken > many.numRuns / 20 && outcomes.refused > many.numRuns / 20,
      JSON.stringify(outcomes),
    );
    assert.ok(new Set(before).size > 10, 'the questions have different answers');
  }).timeout(1_200_000);
});

describe('readPolicy, over many mutated files', () => {
  it('loads them or refuses them with a place, and never throws', () => {
    const runs = propertyRuns('mutated policy files', 500, 20_000);
    const outcomes = { loaded: 0, refused: 0 };
    fc.assert(
      fc.property(mutated, (text) => {
        const result = readPolicy([{ file: 'a.yaml', text }]);
        outcomes[result.ok ? 'loaded' : 'refused'] += 1;
        const found = result.ok ? result.warnings : [...result.problems, ...result.warnings];
        const lines = text.replace(/^\uFEFF/, '').split('\n');
        for (const { place, message, lineText } of found) {
          assert.equal(place.file, 'a.yaml');
          assert.match(message, /^[^]+[.]$/);
          if (lineText === null) continue;
          assert.equal(lineText, lines[place.line - 1]?.replace(/\r$/, ''));
          assert.ok(
            place.column >= 1 && place.column <= lineText.length + 2,
            `${place.line}:${place.column}`,
          );
        }
        assert.ok(result.ok || result.problems.length > 0);
        assert.doesNotMatch(problemText(found), /[\u0000-\u0009\u000b-\u001f\u007f]/);
      }),
      runs,
    );
    // The property says little when only one outcome occurs.
    assert.ok(
      outcomes.loaded > runs.numRuns / 50 && outcomes.refused > runs.numRuns / 50,
      JSON.stringify(outcomes),
    );
  }).timeout(600_000);
});
