import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import type { Action } from '../../../policy/actions.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { eventually } from '../../support/eventually.js';
import { GateInside, limit, policyOf, rule } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

describe('revocation', () => {
  let gate: GateInside;
  let ended: string[];

  beforeEach(() => {
    gate = new GateInside();
    ended = [];
  });
  afterEach(() => gate.stop());

  function live(name: string, identity: Identity, action: Action, domain: string): void {
    gate.core.revocation.track({
      identity,
      needs: () => ({ action, domain: domainName(domain) }),
      end: (sentence) => ended.push(`${name}: ${sentence}`),
    });
  }

  it('a policy ends what it no longer allows, with its reason, and nothing else', () => {
    live('console', gate.alice, 'console', 'horatio');
    live('watch', gate.alice, 'watch', 'horatio');
    live('other', gate.bob, 'console', 'yorick');
    const domains = { names: ['horatio'], tags: [] };
    gate.enforce(
      policyOf([rule('deny', ['console'], { domains, reason: 'Closed.' }), rule('allow', ACTIONS)]),
    );
    assert.deepEqual(ended, ['console: Closed.']);
    gate.core.revocation.review();
    assert.equal(ended.length, 1, 'each is ended once');
  });

  it('a limit used up by what goes on does not end it', () => {
    gate.enforce(policyOf([rule('allow', ACTIONS)], [limit(['console'], 1)]));
    gate.core.authorizer.authorize(gate.alice, { action: 'console', domain: 'horatio', profile: null });
    live('console', gate.alice, 'console', 'horatio');
    gate.core.revocation.review();
    assert.deepEqual(ended, []);
  });

  const takings: readonly (readonly [what: string, take: () => unknown])[] = [
    [
      'a role that is removed',
      () => gate.store.roles.remove(gate.alice.customer, domainName('horatio'), ADMIN),
    ],
    [
      'a role that becomes less',
      () => gate.store.roles.add(gate.alice.customer, domainName('horatio'), 'watcher', ADMIN),
    ],
    ['a domain that is retired', () => gate.store.domains.gone(domainName('horatio'))],
    ['a customer who is suspended', () => gate.store.customers.suspend(gate.alice.customer, 'unpaid', ADMIN)],
    ['a customer who is removed', () => gate.store.customers.remove(gate.alice.customer, ADMIN)],
  ];
  for (const [what, take] of takings) {
    it(`${what} ends the console at once, without a reload`, async () => {
      const owners = { customers: [], groups: [], roles: ['owner' as const] };
      gate.enforce(policyOf([rule('allow', ['console'], { subjects: owners }), rule('allow', ['status'])]));
      live('console', gate.alice, 'console', 'horatio');
      live('other', gate.bob, 'console', 'yorick');
      gate.store.domains.seen([domainName('horatio')]);
      take();
      await eventually('the end', () => ended.length > 0);
      assert.equal(ended.length, 1);
      assert.match(ended[0] ?? '', /^console: /);
    });
  }

  it('ends the connections of who may not be here any more, and of nobody else', async () => {
    const connections = new Map([gate.alice, gate.bob].map((identity) => [identity.connection, identity]));
    for (const identity of connections.values()) {
      const { connection } = identity;
      gate.core.revocation.track({
        identity,
        needs: () => null,
        end: (sentence) => {
          connections.delete(connection);
          ended.push(`${connection}: ${sentence}`);
        },
      });
    }
    gate.store.customers.suspend(gate.alice.customer, null, ADMIN);
    await eventually('the end', () => ended.length > 0);
    assert.deepEqual(ended, ['c-alice: Your account is suspended. Please ask us about it.']);
    assert.deepEqual([...connections.keys()], ['c-bob']);
  });

  it('one that cannot be ended does not keep the others from being ended', () => {
    gate.core.revocation.track({
      identity: gate.alice,
      needs: () => ({ action: 'console', domain: domainName('horatio') }),
      end: () => {
        throw new Error('a fault');
      },
    });
    live('second', gate.alice, 'console', 'horatio');
    gate.enforce(policyOf([rule('allow', ['status'])]));
    assert.equal(ended.length, 1);
  });
});
