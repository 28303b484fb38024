/**
 * Measures the policy of a large house: `npm run bench:policy [RULES [DOMAINS [CUSTOMERS]]]`, by default a
 * thousand of each. A decision is the part of `authorize` that the policy answers, without the database. A
 * reload goes from the files' texts to the policy in force.
 */
import '../../server/cli/installation/fit-node.js';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { readPolicy } from '../../config/policy-document.js';
import { ACTIONS } from '../../policy/actions.js';
import { evaluate } from '../../policy/evaluate.js';
import type { Policy, Request } from '../../policy/policy.js';
import { ROLES } from '../../policy/roles.js';
import { request, unused } from '../support/policy-values.js';
import { naiveOutcome } from '../policy/naive-evaluator.js';

const [rules = 1000, domains = 1000, customers = 1000] = process.argv.slice(2).map(Number);
const NOW = new Date('2026-11-25T12:00:00Z');
const ROUNDS = 5;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const customer = (index: number): string => `c${index % customers}`;
const domain = (index: number): string => `d${index % domains}`;

/**
 * Groups of fifty, tags of fifty, and rules of all kinds: by name, glob, group and tag, and with conditions.
 * Few of them match anybody.
 */
function largePolicy(): string {
  const sets = (count: number, member: (index: number) => string): string[] =>
    numbers(Math.ceil(count / 50)).map((set) => {
      const members = numbers(50).map((index) => member(set * 50 + index));
      return `  s${set}: [${[...new Set(members)].join(', ')}]`;
    });
  const rule = (index: number): string => {
    const action = ACTIONS[index % ACTIONS.length] ?? 'status';
    const set = `s${index % Math.ceil(Math.min(customers, domains) / 50)}`;
    const kinds = [
      `deny: [${action}], customers: [${customer(index)}, ${customer(index + 7)}], domains: [${domain(index * 3)}]`,
      `allow: [${action}], groups: [${set}], tags: [${set}]`,
      `deny: [${action}], domains: ["d${index % 97}?-*"], roles: [watcher]`,
      `allow: [${action}], customers: ["c${index}*"], when: {from: [203.0.113.0/24], times: [mon-fri 08:00-18:00], zone: Europe/Berlin}`,
    ];
    return `  - {id: r${index}, ${kinds[index % kinds.length] ?? ''}}`;
  };
  return [
    'groups:',
    ...sets(customers, customer),
    'tags:',
    ...sets(domains, domain),
    'rules:',
    ...numbers(rules - 1).map(rule),
    '  - {id: last, allow: [all]}',
    'limits:',
    '  - {id: boots, actions: [start, reboot, rescue, normal], count: 20, within: 1h}',
    '',
  ].join('\n');
}

function questions(count: number): readonly Request[] {
  return numbers(count).map((index) =>
    request(ACTIONS[index % ACTIONS.length] ?? 'status', {
      customer: customer(index * 31),
      domain: domain(index * 17),
      role: ROLES[index % ROLES.length] ?? null,
      source: index % 2 === 0 ? '203.0.113.7' : '2001:db8::7',
      state: 'running',
      booted: 'normal',
    }),
  );
}

/** Milliseconds: the median of all rounds. */
function timed(work: () => void): number {
  const rounds = numbers(ROUNDS).map(() => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

function load(text: string): Policy {
  const read = readPolicy([{ file: 'large.yaml', text }]);
  if (!read.ok) throw new Error(JSON.stringify(read.problems.slice(0, 3)));
  return read.policy;
}

const text = largePolicy();
const policy = load(text);
const asked = questions(2_000);
const few = asked.slice(0, 20);

const reload = timed(() => load(text));
const decision = timed(() => {
  for (const one of asked) evaluate(policy, one, unused, NOW);
});
const small = load('rules:\n  - allow: [all]\n');
const least = timed(() => {
  for (const one of asked) evaluate(small, one, unused, NOW);
});
const naive = timed(() => {
  for (const one of few) naiveOutcome(policy, one, unused, NOW);
});

const micro = (milliseconds: number, count: number): number => (milliseconds * 1000) / count;
const each = micro(decision, asked.length);
const lines = [
  `${rules} rules, ${domains} domains, ${customers} customers, ${Math.round(text.length / 1024)} KiB; Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}`,
  `decision           ${each.toFixed(1)} µs`,
  `  by one rule      ${micro(least, asked.length).toFixed(2)} µs: the large policy costs ${(each / micro(least, asked.length)).toFixed(0)} times as much`,
  `  second evaluator ${micro(naive, few.length).toFixed(0)} µs: ${(micro(naive, few.length) / each).toFixed(0)} times as much as the first`,
  `reload             ${reload.toFixed(0)} ms`,
];
process.stdout.write(`${lines.join('\n')}\n`);
