import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MaxHeap } from '../../../server/gate/recording/max-heap.js';
import { outgrown } from '../../../server/gate/recording/retention.js';
import type { Recording } from '../../../server/gate/recording/recording-store.js';
import { customerName, domainName } from '../../support/temporary-store.js';
import { propertyRuns } from '../../support/property-runs.js';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-21T12:00:00Z');

/** A recording that began `hours` ago and took one hour, unless it is still running. */
function recording(customer: string, hours: number, bytes: number, goesOn = false): Recording {
  return {
    id: `${customer}-${hours}`,
    customer: customerName(customer),
    domain: domainName('horatio'),
    record: 'output',
    begunAt: new Date(NOW - hours * HOUR).toISOString(),
    endedAt: goesOn ? null : new Date(NOW - (hours - 1) * HOUR).toISOString(),
    bytes,
    file: '/nowhere',
  };
}

const gone = (recordings: readonly Recording[], hours: number, most: number): (readonly string[])[] =>
  outgrown(recordings, NOW - hours * HOUR, most).map(({ recording: { id }, reason }) => [id, reason]);

describe('gate: which recordings have to go', () => {
  it('those that ended too long ago, never one that runs', () => {
    const all = [recording('alice', 100, 1, true), recording('alice', 50, 1), recording('bob', 3, 1)];
    assert.deepEqual(gone(all, 48, 100), [['alice-50', 'age']]);
    assert.deepEqual(gone(all, 49, 100), [], 'counted from the end');
  });

  it('while all together are too large the oldest, after those that are too old', () => {
    const all = [9, 5, 3, 2].map((hours) => recording('alice', hours, 10));
    assert.deepEqual(gone(all, 24, 40), []);
    assert.deepEqual(gone(all, 24, 39), [['alice-9', 'size']]);
    assert.deepEqual(gone(all, 6, 20), [
      ['alice-9', 'age'],
      ['alice-5', 'size'],
    ]);
  });

  it('of the customer whose take the most room: a flood of one costs nobody else’s', () => {
    const all = [recording('bob', 20, 10), ...[8, 7, 6, 5].map((hours) => recording('alice', hours, 30))];
    assert.deepEqual(gone(all, 24, 60), [
      ['alice-8', 'size'],
      ['alice-7', 'size'],
      ['alice-6', 'size'],
    ]);
  });

  it('one that runs counts, and stays', () => {
    const all = [recording('bob', 20, 10), recording('alice', 8, 100, true), recording('alice', 7, 5)];
    assert.deepEqual(gone(all, 24, 50), [
      ['alice-7', 'size'],
      ['bob-20', 'size'],
    ]);
  });

  /** The documented rule, taken literally and slowly. */
  function byTheWord(recordings: readonly Recording[], most: number): string[] {
    let left = [...recordings];
    const ids: string[] = [];
    const sum = (of: readonly Recording[]): number => of.reduce((all, { bytes }) => all + bytes, 0);
    while (sum(left) > most) {
      const customers = [...new Set(recordings.map(({ customer }) => customer))];
      const [largest] = customers
        .map((customer) => left.filter((one) => one.customer === customer))
        .filter((own) => own.some(({ endedAt }) => endedAt !== null))
        .sort((one, other) => sum(other) - sum(one));
      const oldest = largest?.find(({ endedAt }) => endedAt !== null);
      if (oldest === undefined) break;
      left = left.filter((one) => one !== oldest);
      ids.push(oldest.id);
    }
    return ids;
  }

  it('the same as by the word of the rule, whatever there is', () => {
    const some = fc.array(
      fc.record({
        customer: fc.constantFrom('alice', 'bob', 'carol', 'dan'),
        bytes: fc.integer({ min: 0, max: 20 }),
        goesOn: fc.boolean(),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(some, fc.integer({ min: 0, max: 200 }), (list, most) => {
        const all = list.map(({ customer, bytes, goesOn }, index) => ({
          ...recording(customer, 100 - index, bytes, goesOn),
          id: String(index),
        }));
        assert.deepEqual(
          gone(all, 1000, most).map(([id]) => id),
          byTheWord(all, most),
        );
      }),
      propertyRuns('what retention removes', 300, 30_000),
    );
  });

  it('are found by looking at each a few times, however many they are of', () => {
    const looks = (count: number): number => {
      let reads = 0;
      const items = Array.from({ length: count }, (_, order) => ({
        order,
        left: 1 + (order % 7),
        get bytes() {
          reads += 1;
          return this.left;
        },
      }));
      const heap = new MaxHeap(items);
      const sizes: number[] = [];
      for (let first = heap.first; first !== undefined; first = heap.first) {
        sizes.push(first.left);
        first.left -= 1;
        if (first.left === 0) heap.drop();
        else heap.sink();
      }
      assert.deepEqual(
        sizes,
        [...sizes].sort((one, other) => other - one),
        'the largest is always first',
      );
      return reads / sizes.length;
    };
    const [few, many] = [looks(500), looks(5000)];
    assert.ok(many < 2 * few, `${few} looks for each of 500, ${many} for each of 5000`);
  });
});
