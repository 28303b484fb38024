import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { EventMetrics } from '../../../server/gate/metrics/event-metrics.js';
import type { AuditEvent } from '../../../server/store/audit-event.js';
import { customerActor, customerName, domainName, fingerprint } from '../../support/temporary-store.js';

const ALICE = customerName('alice');
const HORATIO = domainName('horatio');
const actor = customerActor(ALICE, fingerprint('a'));

describe('gate: numbers of what happens', () => {
  let registry: Registry;
  let events: EventMetrics;
  let seq = 0;

  beforeEach(() => {
    registry = new Registry();
    events = new EventMetrics(registry);
  });

  const hear = (event: AuditEvent, at = '2026-11-21T07:15:00.000Z'): void => {
    events.hear({ seq: (seq += 1), at, event, prev: '', hash: '' });
  };
  /** The lines with a value, as they are served. */
  const lines = async (name: string): Promise<readonly string[]> =>
    (await registry.getSingleMetricAsString(`postern_${name}`))
      .split('\n')
      .filter((line) => !line.startsWith('#') && !line.endsWith(' 0') && line !== '');

  it('counts logins by result and reason, and names nobody', async () => {
    hear({ kind: 'login.accepted', actor, login: 'alice' });
    const about = { source: '192.0.2.7', connection: 'c1', login: 'mallory', fingerprint: null };
    for (const reason of ['key-unknown', 'key-unknown', 'key-expired'])
      hear({ kind: 'login.refused', ...about, reason });
    assert.deepEqual(await lines('logins_total'), [
      'postern_logins_total{result="accepted",reason=""} 1',
      'postern_logins_total{result="refused",reason="key-unknown"} 2',
      'postern_logins_total{result="refused",reason="key-expired"} 1',
    ]);
    assert.doesNotMatch(await registry.metrics(), /alice|mallory|192\.0\.2/);
  });

  const requested = (operation: string, at: string): void => {
    const profile = { profile: null, rule: 'owners', revision: 1 };
    hear({ kind: 'domain.reboot.requested', actor, domain: HORATIO, operation, ...profile }, at);
  };
  const ended = (operation: string, at: string, outcome: 'done' | 'failed' = 'done'): void => {
    hear({ kind: 'operation.ended', domain: HORATIO, operation, outcome, code: null, detail: null }, at);
  };

  it('measures operations from the request to the end, by verb', async () => {
    requested('a', '2026-11-21T07:15:00.000Z');
    requested('b', '2026-11-21T07:15:00.000Z');
    ended('a', '2026-11-21T07:15:04.000Z');
    ended('b', '2026-11-21T07:15:40.000Z', 'failed');
    assert.deepEqual(await lines('requests_total'), ['postern_requests_total{action="reboot"} 2']);
    assert.deepEqual(await lines('operations_total'), [
      'postern_operations_total{verb="reboot",outcome="done"} 1',
      'postern_operations_total{verb="reboot",outcome="failed"} 1',
    ]);
    const durations = await lines('operation_duration_seconds');
    assert.ok(durations.includes('postern_operation_duration_seconds_bucket{le="5",verb="reboot"} 1'));
    assert.ok(durations.includes('postern_operation_duration_seconds_sum{verb="reboot"} 44'));
  });

  it('counts an end whose request it has not heard, without a duration', async () => {
    ended('of an earlier gate', '2026-11-21T07:15:04.000Z');
    assert.deepEqual(await lines('operations_total'), [
      'postern_operations_total{verb="unknown",outcome="done"} 1',
    ]);
    assert.deepEqual(await lines('operation_duration_seconds'), []);
  });

  it('keeps no more than ten thousand operations in mind, however many never end', async () => {
    for (let count = 0; count <= 10_000; count += 1) requested(String(count), '2026-11-21T07:15:00.000Z');
    ended('0', '2026-11-21T07:15:04.000Z');
    ended('10000', '2026-11-21T07:15:04.000Z');
    assert.deepEqual(await lines('operations_total'), [
      'postern_operations_total{verb="unknown",outcome="done"} 1',
      'postern_operations_total{verb="reboot",outcome="done"} 1',
    ]);
  });
});
