import assert from 'node:assert/strict';
import { UsageRecorder } from '../../../server/gate/usage/usage-recorder.js';
import type { UsagePoint, UsageSeries } from '../../../server/store/usage-history.js';
import { AuditUnavailableError } from '../../../server/store/store-error.js';
import type { HostUsage } from '../../../server/wire/usage.js';
import { silentLogger } from '../../support/silent-logger.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 30, 11, 0, 0);

type Parts = ConstructorParameters<typeof UsageRecorder>[0];

describe('gate: recording what domains use', () => {
  let now: number;
  let uptime: number;
  let cpu: number;
  let listener: (event: { host: string; sample: HostUsage }) => void;
  let written: (readonly [number, ReadonlyMap<UsageSeries, UsagePoint>])[];
  let forgotten: number[];
  let warned: unknown[];
  let fails: boolean;
  let uuid: string | null;
  let recorder: UsageRecorder;

  beforeEach(() => {
    now = START;
    uptime = 0;
    cpu = 0;
    written = [];
    forgotten = [];
    warned = [];
    fails = false;
    uuid = null;
    recorder = new UsageRecorder({
      watch: {
        onSample: (given) => {
          listener = given;
          return () => (listener = () => undefined);
        },
      },
      hosts: {
        find: () => ({ host: { name: 'xen1' }, view: { configured: { uuid, since: null } } }),
      } as unknown as Parts['hosts'],
      history: {
        record: (minute, points) => {
          if (fails) throw new AuditUnavailableError('the disk is full');
          written.push([minute - START / MINUTE, points]);
        },
        forgetAfter: (minute) => forgotten.push(minute - START / MINUTE),
      },
      log: { ...silentLogger, warn: (fields: object) => warned.push(fields) },
      clock: () => new Date(now),
    });
  });

  /** A sample every 15 s, in each of which one CPU is busy for 3 s. */
  function samples(count: number): void {
    for (let at = 0; at < count; at += 1) {
      const usage = { name: HORATIO, incarnation: 'a/1', cpuSeconds: cpu, network: null, disk: null };
      listener({ host: 'xen1', sample: { uptimeMs: (uptime += 15_000), domains: [usage] } });
      cpu += 3;
      now += 15_000;
    }
  }
  const minutes = (): readonly number[] => written.map(([minute]) => minute);

  it('is one write for each minute, of the rates of that minute', () => {
    samples(12);
    assert.deepEqual(minutes(), [0, 1]);
    for (const [, points] of written) {
      const [[series, point] = assert.fail('no point')] = points;
      assert.deepEqual(series, { domain: HORATIO, uuid: null });
      assert.equal(point.cpuPercent, 20);
    }
    recorder.close();
    recorder.close();
    assert.deepEqual(minutes(), [0, 1, 2]);
  });

  it('writes nothing for a minute of which nothing is known', () => {
    samples(5);
    now += 10 * MINUTE;
    uptime += 10 * MINUTE;
    samples(6);
    assert.deepEqual(minutes(), [0, 1, 11]);
  });

  it('writes for the domain that the name means now', () => {
    uuid = '3f1c2a44-7e1d-4c0b-9a65-0d6c1f0f7e11';
    samples(5);
    assert.deepEqual([...(written[0]?.[1].keys() ?? [])], [{ domain: HORATIO, uuid }]);
  });

  it('forgets at its start what is later than now, and goes on when the clock was set back', () => {
    assert.deepEqual(forgotten, [0]);
    samples(5);
    now -= 30 * MINUTE;
    samples(5);
    assert.deepEqual(minutes(), [0, 1, -29]);
  });

  it('goes on when nothing can be written, and tells each reason once', () => {
    fails = true;
    samples(20);
    assert.deepEqual(warned, [{ why: 'the disk is full' }]);
    fails = false;
    samples(4);
    assert.equal(written.length, 1);
  });
});
