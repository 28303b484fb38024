import assert from 'node:assert/strict';
import { GateInside } from '../../support/gate-inside.js';

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
});
