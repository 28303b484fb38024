import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { LinePace } from '../../../server/cli/half/line-pace.js';
import { openLog } from '../../../server/cli/half/log.js';

describe('the pace of log lines', () => {
  it('is a thousand of one event at once, then one a second, and counts what it leaves out', () => {
    let now = 0;
    const told: (readonly [string, number])[] = [];
    const pace = new LinePace(
      (event, lines) => void told.push([event, lines]),
      () => now,
    );
    const admitted = (event: string, lines: number): number =>
      Array.from({ length: lines }, () => pace.admits(event)).filter(Boolean).length;
    assert.equal(admitted('admin.act', 1_200), 1_000);
    assert.deepEqual(told, [['admin.act', 1]], 'at once, and then not before a minute');
    now = 3_000;
    assert.equal(admitted('admin.act', 10), 3);
    assert.equal(admitted('api.fault', 1_000), 1_000, 'each event has its own');
    now = 10_000_000;
    assert.equal(admitted('admin.act', 1_200), 1_000, 'never more at once');
  });

  it('is told each minute, as long as it leaves lines out', () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const told: number[] = [];
      const pace = new LinePace(
        (_event, lines) => void told.push(lines),
        () => 0,
      );
      for (let at = 0; at < 1_005; at += 1) pace.admits('api.fault');
      mock.timers.tick(59_999);
      assert.deepEqual(told, [1]);
      mock.timers.tick(1);
      assert.deepEqual(told, [1, 4]);
      mock.timers.tick(600_000);
      assert.deepEqual(told, [1, 4]);
      pace.admits('api.fault');
      assert.deepEqual(told, [1, 4, 1]);
    } finally {
      mock.timers.reset();
    }
  });

  it('counts no line that the level leaves out, and lets through why a half ends', () => {
    const lines: string[] = [];
    const to = { write: (line: string): void => void lines.push(line) };
    const log = openLog('dom0', 'info', {}, to);
    for (let at = 0; at < 2_000; at += 1) log.debug({}, 'console.ended');
    assert.equal(lines.length, 0);
    for (let at = 0; at < 2_000; at += 1) log.fatal({}, 'dom0.not-started');
    assert.equal(lines.length, 2_000);
  });
});
