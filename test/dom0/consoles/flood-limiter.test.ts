import assert from 'node:assert/strict';
import { FloodLimiter } from '../../../server/dom0/consoles/flood-limiter.js';

describe('FloodLimiter', () => {
  /** Bytes that an endlessly writing console gets through in one second of this clock. */
  const flow = (pacer: FloodLimiter, console: object, clock: { now: number }, typist?: object): number => {
    let bytes = 0;
    for (const end = clock.now + 1_000; clock.now < end; clock.now += 0.05) {
      if (typist !== undefined) pacer.typed(typist);
      const pause = pacer.spend(console, 4096);
      bytes += 4096;
      clock.now += pause;
    }
    return bytes;
  };

  it('lets a flood pass while nobody types, and while only its own writer does', () => {
    const clock = { now: 0 };
    const pacer = new FloodLimiter(() => clock.now);
    const flood = {};
    assert.ok(flow(pacer, flood, clock) > 80e6);
    assert.ok(flow(pacer, flood, clock, flood) > 80e6);
  });

  it('holds a flood to 15 MB/s while somebody types elsewhere, and lets it go a second after the last key', () => {
    const clock = { now: 0 };
    const pacer = new FloodLimiter(() => clock.now);
    const [flood, other] = [{}, {}];
    const paced = flow(pacer, flood, clock, other);
    assert.ok(paced > 10e6 && paced < 17e6, `${paced} bytes a second`);
    clock.now += 1_001;
    assert.ok(flow(pacer, flood, clock) > 80e6);
  });

  it('never holds up who says little', () => {
    const clock = { now: 0 };
    const pacer = new FloodLimiter(() => clock.now);
    const [flood, quiet, other] = [{}, {}, {}];
    pacer.typed(other);
    let held = 0;
    for (let i = 0; i < 40; i++) held += pacer.spend(flood, 4096);
    assert.ok(held > 0);
    assert.equal(pacer.spend(quiet, 100), 0);
  });

  it('reads a flood that a hundred read once in each 4 ms while somebody types elsewhere', () => {
    const clock = { now: 0 };
    const pacer = new FloodLimiter(() => clock.now);
    const [flood, other] = [{}, {}];
    let reads = 0;
    for (; clock.now < 1_000; reads += 1) {
      pacer.typed(other);
      clock.now += pacer.spend(flood, 16 * 1024, 100);
    }
    assert.ok(reads <= 251, `${reads} reads in a second`);
  });

  it('does not hold up who says little to many', () => {
    const clock = { now: 0 };
    const pacer = new FloodLimiter(() => clock.now);
    pacer.typed({});
    assert.equal(pacer.spend({}, 4096, 100), 0);
  });
});
