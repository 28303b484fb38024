import assert from 'node:assert/strict';
import { SessionsInProcess } from '../../../server/gate/session/open-sessions.js';
import type { SessionInfo } from '../../../server/gate/session/session-info.js';
import { customerName, fingerprint } from '../../support/temporary-store.js';

describe('gate/session: the open sessions of each customer', () => {
  const atMost =
    (most: number) =>
    (open: number): string | null =>
      open < most ? null : `${open} are open`;

  function session(id: string, name = 'alice'): SessionInfo {
    const customer = customerName(name);
    const identity = {
      customer,
      fingerprint: fingerprint('A'),
      verified: false,
      source: '192.0.2.1',
      connection: 'c',
      domain: null,
    };
    return { id, identity, openedAt: new Date(), what: 'menu', command: null, hasPty: true };
  }

  it('take a place each, up to the most; another customer has their own', () => {
    const sessions = new SessionsInProcess();
    const alice = customerName('alice');
    assert.equal(sessions.enter(session('c.1'), atMost(2)), null);
    assert.equal(sessions.enter(session('c.2'), atMost(2)), null);
    assert.equal(sessions.enter(session('c.3'), atMost(2)), '2 are open');
    assert.equal(sessions.count(alice), 2, 'one that is refused takes no place');
    assert.equal(sessions.enter(session('d.1', 'bob'), atMost(1)), null);
    sessions.leave(session('c.1'));
    assert.equal(sessions.enter(session('c.3'), atMost(2)), null);
  });

  it('have one place, however often they enter and leave', () => {
    const sessions = new SessionsInProcess();
    const alice = customerName('alice');
    for (let n = 0; n < 2; n += 1) sessions.enter(session('c.1'), () => null);
    sessions.enter(session('c.2'), () => null);
    assert.equal(sessions.count(alice), 2);
    for (let n = 0; n < 2; n += 1) sessions.leave(session('c.1'));
    sessions.leave(session('c.9'));
    assert.equal(sessions.count(alice), 1);
  });
});
