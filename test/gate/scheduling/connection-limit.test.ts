import assert from 'node:assert/strict';
import type { SessionLimit } from '../../../policy/policy.js';
import type { Role } from '../../../policy/roles.js';
import { ConnectionLimit } from '../../../server/gate/scheduling/connection-limit.js';
import { policy } from '../../support/policy-values.js';
import { customerName } from '../../support/temporary-store.js';

describe('gate: how many connections a customer may have', () => {
  const [alice, bob] = [customerName('alice'), customerName('bob')];
  const entry = (connections: number | null, some: Partial<SessionLimit['subjects']>): SessionLimit => ({
    subjects: { customers: [], groups: [], roles: [], ...some },
    count: 8,
    connections,
    idle: null,
    place: { file: 'test.yaml', line: 1, column: 1 },
  });
  const roles = (role: Role, counts = true) => ({ of: () => [{ role, counts }] as never });

  it('says the first entry of the policy that speaks of them, and the settings where it says nothing', () => {
    const inForce = {
      policy: policy({ sessionLimits: [entry(2, { customers: ['bo*'] }), entry(null, {}), entry(1, {})] }),
    };
    const limit = new ConnectionLimit(20, inForce, roles('owner'));
    assert.deepEqual([limit.of(bob), limit.of(alice)], [2, 20]);
    inForce.policy = policy({ sessionLimits: [] });
    assert.deepEqual([limit.of(bob), limit.of(alice)], [20, 20], 'a reload counts for the next login');
  });

  it('asks for roles that count', () => {
    const inForce = { policy: policy({ sessionLimits: [entry(1, { roles: ['watcher'] })] }) };
    assert.equal(new ConnectionLimit(20, inForce, roles('watcher')).of(alice), 1);
    assert.equal(new ConnectionLimit(20, inForce, roles('watcher', false)).of(alice), 20);
  });
});
