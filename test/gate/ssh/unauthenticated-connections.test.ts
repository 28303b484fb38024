import assert from 'node:assert/strict';
import { UnauthenticatedConnections } from '../../../server/gate/ssh/unauthenticated-connections.js';
import { Random } from '../../support/random.js';

/** The settings' defaults: half of 500 connections may wait, ten from one source, thirty seconds each. */
const MOST = 250;
const PER_SOURCE = 10;
const GRACE_MS = 30_000;
/**
 * Round trips from the accepted socket to the signature: identification, key exchange, service, `none`, a
 * probe, the signature.
 */
const ROUND_TRIPS = 6;

interface Flood {
  readonly sources: number;
  readonly perSecond: number;
  /**
   * Milliseconds of a round trip of the honest customers, who log in twenty times a second for ten seconds.
   */
  readonly roundTripMs: number;
  /** Whether they all come from one address, as behind a NAT. */
  readonly oneAddress?: boolean;
}

interface Wait {
  readonly bucket: string;
  readonly honest: boolean;
}

/**
 * The effect of a flood of silent connections on honest logins, millisecond by millisecond of a simulated
 * clock.
 */
function logins({ sources, perSecond, roundTripMs, oneAddress = false }: Flood): {
  tried: number;
  in: number;
} {
  let now = 0;
  const chance = new Random(sources + roundTripMs);
  const room = new UnauthenticatedConnections<Wait>({
    most: MOST,
    now: () => now,
    random: () => chance.below(1e9) / 1e9,
  });
  const due = new Map<number, Wait[]>();
  const gone = new Set<Wait>();
  const outcome = { tried: 0, in: 0 };
  const arrive = (one: Wait, stays: number): void => {
    if (room.waitingFrom(one.bucket) >= PER_SOURCE) return;
    const dropped = room.arrives(one, one.bucket);
    if (dropped !== null) gone.add(dropped);
    if (dropped !== one) due.set(now + stays, [...(due.get(now + stays) ?? []), one]);
  };
  for (; now < 25_000; now += 1) {
    for (const one of due.get(now) ?? []) {
      if (gone.has(one)) continue;
      if (one.honest) {
        room.loggedIn(one);
        outcome.in += 1;
      } else {
        room.left(one);
      }
    }
    due.delete(now);
    for (let n = 0; n < perSecond / 1000; n += 1)
      arrive({ bucket: `flood-${chance.below(sources)}`, honest: false }, GRACE_MS);
    if (now < 10_000 || now >= 20_000 || now % 50 !== 0) continue;
    outcome.tried += 1;
    arrive(
      { bucket: oneAddress ? 'office' : `honest-${outcome.tried}`, honest: true },
      ROUND_TRIPS * roundTripMs + 10,
    );
  }
  return outcome;
}

describe('gate/ssh: the table of connections that have not logged in', () => {
  for (const sources of [1, 30, 300]) {
    for (const roundTripMs of [5, 20, 100, 300]) {
      it(`lets in all who log in over ${roundTripMs} ms, under 1,000 connects a second from ${sources} addresses`, () => {
        assert.deepEqual(logins({ sources, perSecond: 1000, roundTripMs }), { tried: 200, in: 200 });
      });
    }
  }

  it('lets in most of an office of twenty logins a second behind one address', () => {
    const { tried, in: served } = logins({
      sources: 300,
      perSecond: 1000,
      roundTripMs: 20,
      oneAddress: true,
    });
    assert.ok(served >= tried * 0.95, `${served} of ${tried}`);
  });

  it('drops nobody while there is room', () => {
    const room = new UnauthenticatedConnections<number>({ most: 100, random: () => 0 });
    for (let n = 0; n < 75; n += 1) assert.equal(room.arrives(n, 'one'), null);
    assert.equal(room.size, 75);
  });

  it('drops some when three quarters are taken, more the fuller it is, and always when it is full', () => {
    const dropped = (waiting: number, chance: number): boolean => {
      const draws = [chance];
      const room = new UnauthenticatedConnections<number>({ most: 100, random: () => draws.shift() ?? 0 });
      for (let n = 0; n < 75; n += 1) room.arrives(n, 'one');
      for (let n = 75; n < waiting; n += 1) {
        draws.unshift(0.999);
        room.arrives(n, 'one');
      }
      return room.arrives(1000, 'one') !== null;
    };
    assert.equal(dropped(76, 0.29), true);
    assert.equal(dropped(76, 0.4), false);
    assert.equal(dropped(90, 0.7), true);
    assert.equal(dropped(90, 0.8), false);
    assert.equal(dropped(100, 0.9999), true);
  });

  it('spares a source that somebody has logged in from lately', () => {
    let now = 0;
    const room = new UnauthenticatedConnections<string>({ most: 10, now: () => now, random: () => 0 });
    room.arrives('first', 'office');
    room.loggedIn('first');
    for (let n = 0; n < 5; n += 1) room.arrives(`office ${n}`, 'office');
    room.arrives('a', 'stranger');
    room.arrives('b', 'stranger');
    assert.match(String(room.arrives('c', 'stranger', true)), /^[abc]$/);
    now += 25 * 60 * 60 * 1000;
    assert.match(String(room.arrives('d', 'stranger', true)), /^office/);
  });

  it('drops the one who arrives when nobody else waits and one must go', () => {
    const room = new UnauthenticatedConnections<string>({ most: 1 });
    assert.equal(room.arrives('only', 'one', true), 'only');
    assert.equal(room.size, 0);
  });

  it('counts what waits from each source exactly, whatever comes and goes', () => {
    const any = new Random(3);
    const room = new UnauthenticatedConnections<number>({ most: 50, random: () => any.below(1000) / 1000 });
    const waiting = new Map<number, string>();
    for (let n = 0; n < 20_000; n += 1) {
      const [oldest] = waiting.keys();
      if (oldest !== undefined && any.below(3) === 0) {
        if (any.below(2) === 0) room.left(oldest);
        else room.loggedIn(oldest);
        room.left(oldest);
        waiting.delete(oldest);
        continue;
      }
      const bucket = `source ${any.below(30)}`;
      waiting.set(n, bucket);
      const dropped = room.arrives(n, bucket);
      if (dropped !== null) waiting.delete(dropped);
    }
    assert.equal(room.size, waiting.size);
    for (let n = 0; n < 30; n += 1) {
      const bucket = `source ${n}`;
      assert.equal(room.waitingFrom(bucket), [...waiting.values()].filter((one) => one === bucket).length);
    }
  });

  it('stays quick with 50,000 waiting', () => {
    const room = new UnauthenticatedConnections<number>({ most: 50_000 });
    for (let n = 0; n < 50_000; n += 1) room.arrives(n, `source ${n % 20_000}`);
    const before = process.cpuUsage();
    for (let n = 0; n < 1000; n += 1) room.arrives(100_000 + n, `other ${n}`);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 1_000_000, `${user} µs`);
  });
});
