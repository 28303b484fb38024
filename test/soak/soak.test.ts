import assert from 'node:assert/strict';
import type { JournalFacts } from '../support/journal-of.js';
import type { HalfSample } from './half-sample.js';
import { leaks, roundsTable } from './soak-judgement.js';
import type { RoundSample } from './soak-judgement.js';
import { disagreements, openIntents } from './soak-ends.js';

const MIB = 1024 * 1024;
const REST: HalfSample = {
  pid: 1,
  heap: 40 * MIB,
  resident: 100 * MIB,
  threads: 11,
  children: 0,
  descriptors: { socket: 10, pipe: 4 },
  delay: { p99: 20, worst: 40 },
};

function round(number: number, gate: Partial<HalfSample>, dom0: Partial<HalfSample> = {}): RoundSample {
  return { round: number, at: number * 10, gate: { ...REST, ...gate }, dom0: { ...REST, ...dom0 } };
}

describe('what npm run soak says', () => {
  it('is nothing while both halves have what they had', () => {
    assert.deepEqual(
      leaks([round(1, {}), round(2, { heap: 45 * MIB, descriptors: { socket: 14, pipe: 4 } })]),
      [],
    );
    assert.deepEqual(leaks([]), []);
  });

  it('is each thing that a half keeps, from its own beginning on', () => {
    const faults = leaks([
      round(1, { pid: 7, heap: 1 }),
      round(2, {}),
      round(
        3,
        { heap: 60 * MIB, threads: 20, children: 1, descriptors: { socket: 40 } },
        { resident: 200 * MIB },
      ),
    ]);
    assert.deepEqual(faults, [
      'the gate half has 40 open descriptors ({"socket":40}), and had 14',
      'the gate half has 20 threads, and had 11',
      'the gate half has 1 children, and had 0',
      'the gate half has 60 MiB of heap, and had 40',
      'the dom0 half has 200 MiB of resident memory, and had 100',
    ]);
  });

  it('is a table of two lines for each round', () => {
    assert.match(
      roundsTable([round(1, {})]),
      /^round .*\n {4}1 {4}10s {2}gate {6}40\.0 {9}100\.0 {11}14 .*\n {4}1 {4}10s {2}dom0 /,
    );
  });

  it('is each intent without an end, with two, or with another one than in the journal', () => {
    const intent = (operation: string): object => ({
      kind: 'domain.start.requested',
      operation,
      domain: 'horatio',
    });
    const end = (operation: string, outcome: string): object => ({
      kind: 'operation.ended',
      operation,
      outcome,
    });
    const events = [
      intent('a'),
      end('a', 'done'),
      intent('b'),
      intent('c'),
      end('c', 'done'),
      end('c', 'lost'),
    ];
    const rows = [...events, intent('d'), end('d', 'done')].map((event) => ({ event })) as Parameters<
      typeof openIntents
    >[0];
    assert.deepEqual(openIntents(rows), ['b']);
    const journal: JournalFacts = {
      requested: new Set(['a', 'd']),
      ends: new Map([
        ['a', 'done'],
        ['d', 'failed'],
      ]),
      problem: null,
    };
    assert.deepEqual(disagreements(rows, journal), [
      'domain.start.requested of horatio, b: 0 ends: ',
      'domain.start.requested of horatio, c: 2 ends: done, lost',
      "domain.start.requested of horatio, d: the audit log says done, the host's journal failed",
    ]);
    assert.deepEqual(disagreements([], { ...journal, problem: 'torn' }), ['torn']);
  });
});
