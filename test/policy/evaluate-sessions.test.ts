import assert from 'node:assert/strict';
import { evaluateSessions } from '../../policy/evaluate.js';
import type { CustomerName } from '../../policy/names.js';
import type { Policy, SessionLimit } from '../../policy/policy.js';
import type { Role } from '../../policy/roles.js';
import { policy } from '../support/policy-values.js';

const ALICE = 'alice' as CustomerName;

function atMost(count: number, subjects: Partial<SessionLimit['subjects']> = {}): SessionLimit {
  const place = { file: 'test.yaml', line: 1, column: 1 };
  return {
    count,
    connections: null,
    idle: null,
    subjects: { customers: [], groups: [], roles: [], ...subjects },
    place,
  };
}

describe('evaluateSessions', () => {
  const groups = { staff: ['alice'], trial: ['bob'] } as unknown as Policy['groups'];
  const table: readonly (readonly [string, readonly SessionLimit[], readonly Role[], number, boolean])[] = [
    ['no limit at all', [], [], 1000, true],
    ['room', [atMost(2)], [], 1, true],
    ['no room', [atMost(2)], [], 2, false],
    ['beyond, after a reload', [atMost(2)], [], 5, false],
    ['the first that matches: the wider', [atMost(9, { groups: ['staff'] }), atMost(1)], [], 2, true],
    ['the first that matches: the narrower', [atMost(1), atMost(9, { groups: ['staff'] })], [], 2, false],
    ['not of their group', [atMost(1, { groups: ['trial'] })], [], 5, true],
    ['not their name', [atMost(1, { customers: ['bob'] })], [], 5, true],
    ['a role that is held somewhere', [atMost(1, { roles: ['owner'] })], ['watcher', 'owner'], 1, false],
    ['a role that is held nowhere', [atMost(1, { roles: ['owner'] })], ['watcher'], 1, true],
    ['a role, and no role is held', [atMost(1, { roles: ['owner'] })], [], 1, true],
  ];
  for (const [name, sessionLimits, roles, open, allowed] of table) {
    it(`${name}: ${allowed ? 'one more' : 'no more'}`, () => {
      const decision = evaluateSessions(policy({ groups, sessionLimits }), ALICE, roles, open);
      assert.equal(decision.allow, allowed);
    });
  }
  it('says how many are open', () => {
    const decision = evaluateSessions(policy({ sessionLimits: [atMost(8)] }), ALICE, [], 8);
    assert.equal(!decision.allow && decision.message, 'You have 8 sessions open already, the most at once.');
  });
});
