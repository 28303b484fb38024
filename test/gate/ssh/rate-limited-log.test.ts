import assert from 'node:assert/strict';
import { RateLimitedLog } from '../../../server/gate/ssh/rate-limited-log.js';
import { sourceOf } from '../../../server/gate/ssh/source.js';

describe('gate/ssh: the log of what strangers do', () => {
  const lines: { source?: string; leftOut?: number; n?: number }[] = [];
  let now = 0;
  const write = (fields: object): number => lines.push(fields);
  const log = { debug: write, info: write, warn: write, error: write };

  it('has twenty lines of one source at once, then one each half minute that says how many were left out', () => {
    const paced = new RateLimitedLog(log, () => now);
    const flood = sourceOf('192.0.2.1');
    for (let n = 0; n < 1000; n += 1) paced.info(flood, { n }, 'login.refused');
    assert.equal(lines.length, 20);
    paced.warn(sourceOf('192.0.2.2'), { n: 0 }, 'counter.went-back');
    assert.deepEqual(lines.at(-1), { source: '192.0.2.2', n: 0 });
    now += 30_000;
    paced.info(flood, { n: 1000 }, 'login.refused');
    paced.info(flood, { n: 1001 }, 'login.refused');
    assert.deepEqual(lines.at(-1), { source: '192.0.2.1', n: 1000, leftOut: 980 });
    assert.equal(lines.length, 22);
  });

  it('has a bound for all sources together, /64 by /64', () => {
    lines.length = 0;
    const paced = new RateLimitedLog(log, () => now);
    for (let n = 0; n < 5000; n += 1)
      paced.info(sourceOf(`2001:db8:${n.toString(16)}::1`), {}, 'login.refused');
    assert.equal(lines.length, 1000);
  });
});
