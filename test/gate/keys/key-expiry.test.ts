import assert from 'node:assert/strict';
import { isRefusal } from '../../../policy/refusal.js';
import { eventually } from '../../support/eventually.js';
import { GateInside } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

describe('a key that expires', () => {
  let gate: GateInside;
  beforeEach(() => {
    gate = new GateInside();
  });
  afterEach(() => gate.stop());

  const expire = (at: string | null): void => {
    const set = gate.store.keys.setExpiry(gate.alice.customer, gate.alice.fingerprint, at, ADMIN);
    assert.ok(!isRefusal(set));
  };

  it('permits nothing any more, as if it were not there', () => {
    const ask = (): unknown =>
      gate.core.authorizer.authorize(gate.alice, { action: 'console', domain: 'horatio', profile: null });
    expire('2999-01-01T00:00:00.000Z');
    assert.ok(!isRefusal(ask()));
    expire('2020-01-01T00:00:00.000Z');
    const no = ask();
    assert.ok(isRefusal(no));
    assert.equal(no.code, 'key-revoked');
    expire(null);
    assert.ok(!isRefusal(ask()));
  });

  it('ends what goes on with it when its time comes, and nobody else', async () => {
    const ended: string[] = [];
    for (const identity of [gate.alice, gate.bob])
      gate.core.revocation.track({
        identity,
        needs: () => ({
          action: 'console',
          domain: domainName(identity === gate.alice ? 'horatio' : 'yorick'),
        }),
        end: () => ended.push(identity.customer),
      });
    const soon = Date.now() + 60;
    expire(new Date(soon).toISOString());
    await eventually('the end of it', () => ended.length > 0, { everyMs: 2 });
    assert.ok(Date.now() >= soon);
    assert.deepEqual(ended, ['alice']);
  });
});
