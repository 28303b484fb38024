import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import type { Overview } from '../../../server/gate/control/overview.js';
import { StateMetrics } from '../../../server/gate/metrics/state-metrics.js';

const OVERVIEW: Overview = {
  at: '2026-11-21T07:15:00.000Z',
  version: '1.0.0',
  startedAt: '2026-11-21T06:10:00.000Z',
  sessions: { menu: 0, 'plain-menu': 0, exec: 0, connection: 0 },
  consoles: { writing: 0, watching: 0 },
  policy: { revision: 1, digest: 'd', rules: 0, limits: 0, sessionLimits: 0, problems: [] },
  maintenance: null,
  audit: { seq: 1, trouble: null },
  folders: [],
  hosts: [],
  domains: { waiting: [], held: [] },
  expiring: { within: 14, count: 0, next: [] },
  refused: { since: '2026-11-21T06:15:00.000Z', logins: [], requests: [] },
  backup: null,
};

describe('gate: numbers of what is there', () => {
  it('has the notices that wait and the messages that were given up, by channel', async () => {
    const registry = new Registry();
    const metrics = new StateMetrics(registry);
    const channel = { type: 'command', stuckSince: null, lastSentAt: null, trouble: null } as const;
    const notices = [
      { ...channel, name: 'pager', waiting: 3, failed: 0 },
      { ...channel, name: 'noc', waiting: 0, failed: 2 },
    ];
    const lines = async (): Promise<readonly string[]> =>
      (await registry.metrics()).split('\n').filter((line) => line.startsWith('postern_notice'));
    metrics.take({ ...OVERVIEW, notices }, [], null);
    assert.deepEqual(await lines(), [
      'postern_notices_waiting{channel="pager"} 3',
      'postern_notices_waiting{channel="noc"} 0',
      'postern_notice_messages_failed{channel="pager"} 0',
      'postern_notice_messages_failed{channel="noc"} 2',
    ]);
    // A gate of another version says nothing of them.
    metrics.take(OVERVIEW, [], null);
    assert.deepEqual(await lines(), []);
  });
});
