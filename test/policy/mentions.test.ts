import assert from 'node:assert/strict';
import { mentionsOf } from '../../policy/mentions.js';
import { policyOf, rule, limit } from '../support/gate-inside.js';
import { customerName } from '../support/temporary-store.js';

const place = (line: number): { file: string; line: number; column: number } => ({
  file: 'p.yaml',
  line,
  column: 5,
});
const of = (...customers: string[]): { customers: string[]; groups: string[]; roles: [] } => ({
  customers,
  groups: [],
  roles: [],
});

describe('where a policy speaks of a customer', () => {
  const alice = customerName('alice');
  const policy = {
    ...policyOf(
      [
        rule('allow', ['status'], { id: 'by-name', subjects: of('alice', 'bob'), place: place(1) }),
        rule('allow', ['status'], { id: 'by-glob', subjects: of('ali*'), place: place(2) }),
        rule('allow', ['status'], { id: 'others', subjects: of('alicex', 'x*'), place: place(3) }),
      ],
      [limit(['reboot'], 1, { id: 'calm', subjects: of('alice'), place: place(4) })],
    ),
    groups: { staff: [alice], others: [] },
    keyRules: [
      {
        subjects: of('alice'),
        types: [],
        rsaBits: null,
        count: null,
        maxAgeSeconds: null,
        verified: false,
        place: place(6),
      },
    ],
    sessionLimits: [{ subjects: of('alice'), count: 1, connections: null, idle: null, place: place(5) }],
  };

  it('finds groups and rows that name them, with their place', () => {
    assert.deepEqual(mentionsOf(policy, alice), [
      'group staff',
      'rule by-name (p.yaml:1:5)',
      'limit calm (p.yaml:4:5)',
      'sessions (p.yaml:5:5)',
      'keys (p.yaml:6:5)',
    ]);
    assert.deepEqual(mentionsOf(policy, customerName('carol')), []);
  });

  it('finds patterns that fit the old name and not the new one', () => {
    assert.ok(mentionsOf(policy, alice, customerName('carol')).includes('rule by-glob (p.yaml:2:5)'));
    assert.ok(!mentionsOf(policy, alice, customerName('alicia')).includes('rule by-glob (p.yaml:2:5)'));
  });
});
