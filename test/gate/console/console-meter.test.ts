import assert from 'node:assert/strict';
import { ConsoleMeter } from '../../../server/gate/console/console-meter.js';

describe('gate: what goes through consoles', () => {
  let now = 0;
  let meter: ConsoleMeter;
  beforeEach(() => {
    now = 0;
    meter = new ConsoleMeter(() => now);
  });

  it('is counted either way, of all attachments together, and told once', () => {
    const [one, other] = [meter.attachment(), meter.attachment()];
    one.shown(100);
    other.shown(20);
    one.typed(300);
    assert.deepEqual(meter.take(), { toCustomers: 120, toGuests: 300, echoes: [] });
    assert.equal(meter.take(), null);
  });

  it('has the time from a key to what the guest says next', () => {
    const [one, other] = [meter.attachment(), meter.attachment()];
    one.typed(1);
    now = 20;
    one.typed(1);
    other.shown(9);
    now = 50;
    one.shown(1);
    one.shown(1);
    assert.deepEqual(meter.take()?.echoes, [0.05]);
  });

  it('has no time for output that nobody typed for, for a paste, and for a key without an echo', () => {
    const one = meter.attachment();
    one.shown(1);
    one.typed(5_000);
    one.shown(1);
    one.typed(1);
    now = 10_001;
    one.shown(1);
    now = 10_002;
    one.shown(1);
    assert.deepEqual(meter.take()?.echoes, []);
  });

  it('keeps a bounded number of times where nobody reads them', () => {
    for (let turn = 0; turn < 30; turn += 1) meter.add({ echoes: Array<number>(1_000).fill(1) });
    assert.equal(meter.take()?.echoes.length, 10_000);
  });
});
