import assert from 'node:assert/strict';
import type { SessionLimit } from '../../../policy/policy.js';
import type { Role } from '../../../policy/roles.js';
import { SessionTerms } from '../../../server/gate/access/session-terms.js';
import { policy } from '../../support/policy-values.js';
import { customerName } from '../../support/temporary-store.js';

describe('gate: how many connections and sessions a customer may have, and how long a menu may stand', () => {
  const [alice, bob] = [customerName('alice'), customerName('bob')];
  const defaults = { connections: 20, menuIdleSeconds: 600 };
  const entry = (some: Partial<SessionLimit>, subjects: Partial<SessionLimit['subjects']>): SessionLimit => ({
    subjects: { customers: [], groups: [], roles: [], ...subjects },
    count: 8,
    connections: null,
    idle: null,
    place: { file: 'test.yaml', line: 1, column: 1 },
    ...some,
  });
  const holding = (...roles: Role[]) => ({ rolesHeld: () => roles });

  it('says the first entry of the policy that speaks of them, and the settings where it says nothing', () => {
    const bobs = entry({ connections: 2, idle: 30, count: 1 }, { customers: ['bo*'] });
    const inForce = {
      policy: policy({ sessionLimits: [bobs, entry({}, {}), entry({ connections: 1 }, {})] }),
    };
    const terms = new SessionTerms(defaults, inForce, holding('owner'));
    const told = (): unknown[] =>
      [bob, alice].flatMap((who) => [terms.connections(who), terms.menuIdleSeconds(who)]);
    assert.deepEqual(told(), [2, 30, 20, 600]);
    assert.equal(terms.refusesSession(bob, 0), null);
    assert.match(terms.refusesSession(bob, 1) ?? '', /a session open already, the most at once/);
    assert.equal(terms.refusesSession(alice, 7), null);
    inForce.policy = policy({ sessionLimits: [] });
    assert.deepEqual(told(), [20, 600, 20, 600], 'a reload counts for the next login');
    assert.equal(terms.refusesSession(bob, 1000), null);
  });

  it('takes 0 and never for no end', () => {
    const never = { policy: policy({ sessionLimits: [entry({ idle: 'never' }, { customers: ['bob'] })] }) };
    const terms = new SessionTerms({ ...defaults, menuIdleSeconds: 0 }, never, holding());
    assert.deepEqual([terms.menuIdleSeconds(bob), terms.menuIdleSeconds(alice)], [null, null]);
  });

  it('asks for the roles that they hold', () => {
    const inForce = {
      policy: policy({ sessionLimits: [entry({ connections: 1 }, { roles: ['watcher'] })] }),
    };
    assert.equal(new SessionTerms(defaults, inForce, holding('watcher')).connections(alice), 1);
    assert.equal(new SessionTerms(defaults, inForce, holding()).connections(alice), 20);
  });
});
