import assert from 'node:assert/strict';
import { UsageWatch } from '../../../server/gate/usage/usage-watch.js';
import type { DomainUsage, HostUsage } from '../../../server/wire/usage.js';
import { silentLogger } from '../../support/silent-logger.js';
import { domainName } from '../../support/temporary-store.js';
import { settled } from '../../support/virtual-host.js';

function used(name: string, cpuSeconds: number): DomainUsage {
  return { name: domainName(name), incarnation: 'a/1', cpuSeconds, network: null, disk: null };
}

describe('gate: asking hosts what their domains use', () => {
  let now: number;
  let due: { at: number; call: () => void }[];
  let answers: Map<string, () => Promise<HostUsage | null>>;
  let asked: string[];
  let watch: UsageWatch;
  let samples: string[];

  beforeEach(() => {
    now = 1_000;
    due = [];
    asked = [];
    samples = [];
    answers = new Map();
    watch = new UsageWatch({
      hosts: ['xen1', 'xen2'].map((name) => ({
        name,
        usage: () => {
          asked.push(name);
          return answers.get(name)?.() ?? Promise.resolve(null);
        },
      })),
      log: silentLogger,
      monotonic: () => now,
      after: (ms, call) => {
        const wait = { at: now + ms, call };
        due.push(wait);
        return () => (due = due.filter((one) => one !== wait));
      },
    });
    watch.onSample(({ host, sample }) => samples.push(`${host} ${sample.uptimeMs}`));
  });
  afterEach(() => {
    watch.close();
  });

  async function pass(ms: number): Promise<void> {
    const end = now + ms;
    for (;;) {
      await settled();
      const next = due.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      due = due.filter((one) => one !== next);
      now = next.at;
      next.call();
    }
    now = end;
  }

  const told = (): readonly string[] =>
    [...watch.latest()].map(({ host, usage }) => `${host} ${usage.name} ${usage.cpuSeconds}`);

  it('is done every 15 s, and one that hangs holds up no other', async () => {
    let uptimeMs = 0;
    answers.set('xen1', () =>
      Promise.resolve({ uptimeMs: (uptimeMs += 15_000), domains: [used('horatio', 3)] }),
    );
    answers.set('xen2', () => new Promise(() => undefined));
    watch.start();
    await pass(44_000);
    assert.deepEqual(samples, ['xen1 15000', 'xen1 30000', 'xen1 45000']);
    assert.deepEqual(told(), ['xen1 horatio 3']);
    assert.equal(asked.filter((name) => name === 'xen2').length, 1);
  });

  it('is done again soon where no sample was taken yet', async () => {
    let tries = 0;
    answers.set('xen1', () => Promise.resolve((tries += 1) < 4 ? { uptimeMs: 0, domains: [] } : null));
    watch.start();
    await pass(7_000);
    assert.equal(asked.filter((name) => name === 'xen1').length, 4);
    assert.deepEqual(samples, []);
  });

  it('tells a sample once, and no more when nothing newer has followed for a minute', async () => {
    answers.set('xen1', () => Promise.resolve({ uptimeMs: 5, domains: [used('horatio', 3)] }));
    watch.start();
    await pass(59_000);
    assert.deepEqual(samples, ['xen1 5']);
    assert.deepEqual(told(), ['xen1 horatio 3']);
    await pass(2_000);
    assert.deepEqual(told(), []);
  });

  it('ends when the gate stops', async () => {
    watch.start();
    await pass(100);
    watch.close();
    const before = asked.length;
    await pass(60_000);
    assert.equal(asked.length, before);
  });
});
