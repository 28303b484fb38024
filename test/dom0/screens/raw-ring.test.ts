import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RawRing } from '../../../server/dom0/screens/raw-ring.js';
import { propertyRuns } from '../../support/property-runs.js';

describe('RawRing', () => {
  it('keeps the newest bytes, whatever the pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 }), fc.nat(), (pieces, cut) => {
        const ring = new RawRing(64);
        for (const [at, piece] of pieces.entries()) ring.push(Buffer.from(piece), at);
        const all = Buffer.concat(pieces);
        assert.equal(ring.end, all.length);
        assert.equal(ring.start, Math.max(0, all.length - 64));
        assert.deepEqual(ring.range(0), all.subarray(ring.start));
        const from = cut % (all.length + 1);
        assert.deepEqual(ring.range(from, from + 10), all.subarray(Math.max(from, ring.start), from + 10));
      }),
      propertyRuns('pieces in a ring', 100, 10_000),
    );
  });

  it('never gives a byte from before a time that is asked for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.nat(30)), { maxLength: 50 }),
        fc.nat(120),
        (pieces, since) => {
          const ring = new RawRing(128);
          const times: number[] = [];
          let now = 0;
          for (const [pause, length] of pieces) {
            now += pause;
            ring.push(Buffer.alloc(length), now);
            times.push(...new Array<number>(length).fill(now));
          }
          const first = times.findIndex((at) => at >= since);
          assert.equal(ring.positionSince(since), Math.max(first < 0 ? ring.end : first, ring.start));
        },
      ),
      propertyRuns('times in a ring', 100, 10_000),
    );
  });

  it('stays true to that, and small, when every byte comes at a time of its own', () => {
    const ring = new RawRing(64 * 1024);
    for (let at = 0; at < 50_000; at++) ring.push(Buffer.from([at & 255]), at);
    for (const since of [100, 33_333, 49_990]) {
      const position = ring.positionSince(since);
      assert.ok(position >= since && position < since + 50, `${position} for ${since}`);
    }
  });

  it('shows nothing of a time before the clock was put back', () => {
    const ring = new RawRing();
    ring.push(Buffer.from('old'), 12_000);
    ring.push(Buffer.from('old too'), 11_000);
    ring.push(Buffer.from('new'), 11_100);
    assert.equal(ring.range(ring.positionSince(11_050)).toString(), 'new');
    assert.equal(ring.bornAt, 11_000);
  });

  it('forgets on request, and counts on', () => {
    const ring = new RawRing();
    ring.push(Buffer.from('secret'), 1);
    ring.clear();
    ring.push(Buffer.from('next'), 2);
    assert.equal(ring.range(0).toString(), 'next');
    assert.equal(ring.end, 10);
    assert.equal(ring.bornAt, 2);
  });
});
