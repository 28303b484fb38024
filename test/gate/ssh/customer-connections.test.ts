import assert from 'node:assert/strict';
import { CustomerConnections } from '../../../server/gate/ssh/customer-connections.js';
import { customerName } from '../../support/temporary-store.js';

describe('gate/ssh: the connections of one customer', () => {
  const [alice, bob] = [customerName('alice'), customerName('bob')];

  class Held {
    isIdle = false;
    ended: string | null = null;

    endSoon(sentence: string): void {
      this.ended = sentence;
    }
  }

  it('are so many at once; another customer has their own', () => {
    const connections = new CustomerConnections(() => 2);
    const held = [new Held(), new Held(), new Held()] as const;
    assert.equal(connections.join(alice, held[0]), null);
    assert.equal(connections.join(alice, held[1]), null);
    assert.match(String(connections.join(alice, held[2])), /^You have 2 connections open/);
    assert.equal(connections.join(bob, held[2]), null);
    connections.leave(alice, held[0]);
    assert.equal(connections.join(alice, held[0]), null);
  });

  it('make room where one has no session: the oldest of those is told and ends', () => {
    const connections = new CustomerConnections(() => 2);
    const held = [new Held(), new Held(), new Held()] as const;
    for (const one of held.slice(0, 2)) connections.join(alice, one);
    held[1].isIdle = true;
    assert.equal(connections.join(alice, held[2]), null);
    assert.match(String(held[1].ended), /had no session/);
    assert.equal(held[0].ended, null);
    connections.leave(alice, held[1]);
    assert.match(String(connections.join(alice, new Held())), /the most/);
  });

  it('are as many as the policy says at that moment: fewer than there are ends those without a session alone', () => {
    let most = 4;
    const connections = new CustomerConnections((customer) => (customer === alice ? most : 1));
    const held = [new Held(), new Held(), new Held(), new Held()] as const;
    for (const one of held) connections.join(alice, one);
    most = 2;
    held[0].isIdle = true;
    assert.match(String(connections.join(alice, new Held())), /^You have 4 connections open/);
    assert.equal(held[0].ended, null, 'it makes no room when that is not enough');
    for (const one of held) one.isIdle = true;
    assert.equal(connections.join(alice, new Held()), null);
    assert.deepEqual(
      held.map(({ ended }) => ended !== null),
      [true, true, true, false],
    );
    assert.equal(connections.join(bob, new Held()), null);
    assert.match(String(connections.join(bob, new Held())), /^You have a connection open/);
  });
});
