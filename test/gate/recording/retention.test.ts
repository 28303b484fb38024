import assert from 'node:assert/strict';
import { outgrown } from '../../../server/gate/recording/retention.js';
import type { Recording } from '../../../server/gate/recording/recording-shelf.js';
import { customerName, domainName } from '../../support/temporary-store.js';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-21T12:00:00Z');

/** Began so many hours ago and took one, unless it goes on. */
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
});
