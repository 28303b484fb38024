import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { Database } from '../../server/store/database.js';
import { StoreError } from '../../server/store/store-error.js';
import { UsageHistory } from '../../server/store/usage-history.js';
import type { UsagePoint, UsageSeries } from '../../server/store/usage-history.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { domainName } from '../support/temporary-store.js';

const HORATIO: UsageSeries = { domain: domainName('horatio'), uuid: null };
const OPHELIA: UsageSeries = { domain: domainName('ophelia'), uuid: null };
const WEEK = 7 * 24 * 60;
const NOW = 29_400_000;

function point(cpuPercent: number | null): UsagePoint {
  return { cpuPercent, received: 0, sent: null, diskRequests: null };
}

describe('store: what domains used', () => {
  let directory: TemporaryDirectory;
  let file: string;
  let history: UsageHistory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
    file = directory.file('usage.db');
    history = UsageHistory.open(file);
  });
  afterEach(() => {
    history.close();
    directory.dispose();
  });

  const record = (minute: number, ...given: readonly (readonly [UsageSeries, number | null])[]): void => {
    history.record(minute, new Map(given.map(([series, cpu]) => [series, point(cpu)])));
  };
  /** CPU as it was stored, rounded to a tenth. */
  const cpu = (series: UsageSeries, first: number, last: number): readonly (number | null)[] =>
    history
      .read(series, first, last)
      .map((one) => (one?.cpuPercent == null ? null : Math.round(one.cpuPercent * 10) / 10));

  it('is kept by the minute, each domain apart, and is there after a restart', () => {
    record(NOW, [HORATIO, 1], [OPHELIA, 50]);
    record(NOW + 1, [OPHELIA, 60], [HORATIO, 2]);
    history.close();
    history = UsageHistory.open(file);
    record(NOW + 2, [HORATIO, 3]);
    assert.deepEqual(cpu(HORATIO, NOW - 1, NOW + 2), [null, 1, 2, 3]);
    assert.deepEqual(cpu(OPHELIA, NOW, NOW + 2), [50, 60, null]);
    assert.deepEqual(cpu({ domain: domainName('yorick'), uuid: null }, NOW, NOW), [null]);
  });

  it('tells a gap from zero, in each number', () => {
    const parts: UsagePoint = { cpuPercent: 0, received: null, sent: 0, diskRequests: null };
    history.record(NOW, new Map([[HORATIO, parts]]));
    assert.deepEqual(history.read(HORATIO, NOW - 1, NOW), [null, parts]);
  });

  it('is exact to a thousandth from a hundredth of a percent to a terabyte a second', () => {
    for (const value of [0.01, 0.5, 3, 99.9, 6400, 123_456_789, 1e12]) {
      const all: UsagePoint = { cpuPercent: value, received: value, sent: value, diskRequests: value };
      history.record(NOW, new Map([[HORATIO, all]]));
      const [read] = history.read(HORATIO, NOW, NOW);
      for (const field of ['cpuPercent', 'diskRequests'] as const) {
        const is = read?.[field] ?? Number.NaN;
        if (value < 1e9) assert.ok(Math.abs(is - value) <= 0.001 * value + 0.005, `${value} became ${is}`);
      }
      const is = read?.received ?? Number.NaN;
      if (value >= 3) assert.ok(Math.abs(is - value) <= 0.001 * value, `${value} became ${is}`);
    }
    history.record(NOW, new Map([[HORATIO, { ...point(1e300), received: -1 }]]));
    assert.ok(Number.isFinite(history.read(HORATIO, NOW, NOW)[0]?.cpuPercent));
  });

  it('keeps a week: what is older is gone, and a later minute stands in its place', () => {
    record(NOW, [HORATIO, 1]);
    record(NOW + WEEK - 1, [HORATIO, 2]);
    assert.equal(cpu(HORATIO, NOW, NOW + WEEK - 1)[0], 1);
    record(NOW + WEEK, [HORATIO, 3]);
    const all = cpu(HORATIO, NOW, NOW + WEEK);
    assert.deepEqual([all[0], all[WEEK - 1], all[WEEK]], [null, 2, 3]);
  });

  it('is of another domain when the configuration has another UUID', () => {
    const before = { ...HORATIO, uuid: '3f1c2a44-7e1d-4c0b-9a65-0d6c1f0f7e11' };
    record(NOW, [before, 90]);
    record(NOW + 1, [HORATIO, 1]);
    assert.deepEqual(cpu(HORATIO, NOW, NOW + 1), [null, 1]);
    assert.deepEqual(cpu(before, NOW, NOW + 1), [90, null]);
  });

  it('gives a place to another domain only when the former one has no point left', () => {
    record(NOW, [HORATIO, 90]);
    record(NOW + WEEK, [OPHELIA, 1]);
    record(NOW + WEEK + 61, [OPHELIA, 2]);
    assert.deepEqual(cpu(OPHELIA, NOW, NOW), [null]);
    // By now horatio's place is free.
    const yorick = { domain: domainName('yorick'), uuid: null };
    record(NOW + WEEK + 62, [OPHELIA, 3], [yorick, 7]);
    assert.deepEqual(cpu(yorick, NOW + WEEK, NOW + WEEK + 62).at(-1), 7);
    assert.deepEqual(cpu(HORATIO, NOW + WEEK + 62, NOW + WEEK + 62), [null]);
  });

  describe('when the clock jumps', () => {
    it('back, forgets what it called later, so that nothing of then is taken for the time after', () => {
      record(NOW + 60, [HORATIO, 90]);
      record(NOW, [HORATIO, 1]);
      assert.deepEqual(
        cpu(HORATIO, NOW, NOW + 60).filter((one) => one !== null),
        [1],
      );
      record(NOW + 60, [HORATIO, 5]);
      history.forgetAfter(NOW + 59);
      assert.deepEqual(
        cpu(HORATIO, NOW, NOW + 60).filter((one) => one !== null),
        [1],
      );
    });

    it('by a year and back, loses only what was written meanwhile, and mixes no domains', () => {
      record(NOW, [HORATIO, 90]);
      const year = NOW + 525_600;
      // Horatio is silent: its place seems free.
      record(year, [OPHELIA, 1]);
      record(NOW + 1, [OPHELIA, 2]);
      assert.deepEqual(cpu(OPHELIA, NOW - 5, NOW + 1), [null, null, null, null, null, null, 2]);
    });

    it('by a year and back, keeps each domain its own while both go on', () => {
      record(NOW, [HORATIO, 90]);
      record(NOW + 525_600, [OPHELIA, 1], [HORATIO, 91]);
      record(NOW + 1, [OPHELIA, 2], [HORATIO, 92]);
      assert.deepEqual(cpu(OPHELIA, NOW, NOW + 1), [null, 2]);
      assert.deepEqual(cpu(HORATIO, NOW, NOW + 1), [90, 92]);
    });
  });

  it('is read as it was at one moment, so that a place which is given away tells nothing of its next domain', () => {
    record(NOW, [HORATIO, 90]);
    const recorder = UsageHistory.open(file);
    const { get } = Database.prototype;
    try {
      // The recorder writes after the reader has asked for horatio's place, and before it asks for the points.
      Database.prototype.get = function <Row>(this: Database, ...asked: Parameters<typeof get<Row>>) {
        const row = get.apply(this, asked as Parameters<typeof get>) as Row | undefined;
        Database.prototype.get = get;
        recorder.record(NOW + 2 * WEEK, new Map([[OPHELIA, point(7)]]));
        return row;
      };
      assert.deepEqual(
        cpu(HORATIO, NOW + WEEK, NOW + 2 * WEEK).filter((one) => one !== null),
        [],
      );
    } finally {
      Database.prototype.get = get;
      recorder.close();
    }
    assert.deepEqual(cpu(OPHELIA, NOW + 2 * WEEK, NOW + 2 * WEEK), [7]);
  });

  it('begins anew where the file is none of ours, or broken', () => {
    record(NOW, [HORATIO, 1]);
    history.close();
    writeFileSync(file, 'no database at all, but quite some text');
    // Only the process that records may: the others would take the file from under it.
    assert.throws(() => UsageHistory.open(file, null), StoreError);
    history = UsageHistory.open(file);
    record(NOW, [HORATIO, 2]);
    assert.deepEqual(cpu(HORATIO, NOW, NOW), [2]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('has a thousand domains for a week in less than 100 MB, and does not grow after it', function () {
    const series = Array.from({ length: 1_000 }, (_, at) => ({
      domain: domainName(`domain-${at}`),
      uuid: null,
    }));
    const points = new Map(series.map((one, at) => [one, point(at)]));
    // A part of the week tells what all of it takes: each minute is one row.
    const part = 96;
    for (let minute = 0; minute < part; minute += 1) history.record(NOW + minute, points);
    history.close();
    const once = statSync(file).size;
    assert.ok((once / part) * WEEK < 100e6, `${(once / part) * WEEK} bytes`);
    history = UsageHistory.open(file);
    for (let minute = 0; minute < part; minute += 1) history.record(NOW + WEEK + minute, points);
    history.close();
    assert.ok(statSync(file).size <= once * 1.05);
    assert.ok(readFileSync(file).length > 0);
    history = UsageHistory.open(file);
  });
});
