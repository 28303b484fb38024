import assert from 'node:assert/strict';
import { GateInside } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

describe('gate: the activity that a customer reads', () => {
  it('has the security key of theirs whose counter went back, and nobody else’s', async () => {
    const gate = new GateInside();
    try {
      for (const { customer, fingerprint } of [gate.alice, gate.bob]) {
        const [last, counter, source] = [9, 3, '198.51.100.7'];
        gate.store.audit.append({
          kind: 'key.counter.regressed',
          customer,
          fingerprint,
          source,
          last,
          counter,
        });
      }
      const told = gate.core.activity.of(gate.alice).filter(({ text }) => text.includes('198.51.100.7'));
      assert.deepEqual(
        told.map(({ text }) => text),
        [
          `a login from 198.51.100.7 was refused: the security key ${gate.alice.fingerprint} may have a copy, because its counter went back`,
        ],
      );
    } finally {
      await gate.stop();
    }
  });

  it('says what became of notices, and that a server crashed', async () => {
    const gate = new GateInside();
    try {
      const { alice } = gate;
      const actor = { admin: 'root' };
      const about = { actor, customer: alice.customer } as const;
      const since = '2026-11-30T10:00:00.000Z';
      gate.store.audit.append({ kind: 'notice.address.set', ...about, address: 'a…@example.net' });
      gate.store.audit.append({ kind: 'notice.switched', ...about, on: false });
      for (const domain of ['horatio', 'yorick'].map(domainName))
        gate.store.audit.append({ kind: 'domain.crashed', domain, host: 'one', since });
      const told = gate.core.activity.of(alice).map(({ text }) => text);
      assert.deepEqual(told.slice(-3), [
        'an administrator had notices sent to a…@example.net',
        'an administrator switched notices off',
        'horatio crashed',
      ]);
    } finally {
      await gate.stop();
    }
  });
});
