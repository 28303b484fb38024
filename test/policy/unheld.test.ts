import assert from 'node:assert/strict';
import type { CustomerName } from '../../policy/names.js';
import type { Policy } from '../../policy/policy.js';
import { unheld } from '../../policy/unheld.js';
import { allow, deny, limit, policy } from '../support/policy-values.js';

describe('unheld', () => {
  const customers = new Set(['alice', 'bob'] as unknown as CustomerName[]);
  const roles = new Set(['owner'] as const);

  it('says of whom a policy speaks without there being anybody', () => {
    const document = policy({
      groups: {
        staff: ['alice', 'alcie'],
        gone: ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'],
      } as unknown as Policy['groups'],
      rules: [
        allow(['start'], { id: 'one', customers: ['bob', 'b*', 'bbo'] }),
        deny(['start'], { id: 'two', roles: ['watcher', 'operator'] }),
      ],
      limits: [limit(['start'], 1, 60, { id: 'few', roles: ['operator'] })],
    });
    assert.deepEqual(unheld(document, { customers, roles }), [
      'The group staff names alcie, no customer here.',
      'The group gone names a1, a2, a3, a4, a5 and 1 more, no customer here.',
      'The rule one (test.yaml:1) names bbo, no customer here.',
      'The rule two (test.yaml:1) is for the role watcher, operator, which nobody has on any domain.',
      'The limit few (test.yaml:1) is for the role operator, which nobody has on any domain.',
    ]);
  });

  it('says nothing of who is there, of patterns, and of roles of which one is held', () => {
    const document = policy({
      groups: { staff: ['alice'] } as unknown as Policy['groups'],
      rules: [
        allow(['start'], { customers: ['bob', 'x*'] }),
        allow(['start'], { roles: ['owner', 'watcher'] }),
      ],
    });
    assert.deepEqual(unheld(document, { customers, roles }), []);
  });
});
