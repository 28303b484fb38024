import assert from 'node:assert/strict';
import { parseDomainName } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import type { ObservedDomain } from '../../../server/dom0/observation/observed-domain.js';
import { UsageSampler } from '../../../server/dom0/observation/usage-sampler.js';
import type { DeviceCounts, XentopRow } from '../../../server/dom0/toolstack/xentop.js';
import { silentLogger } from '../../support/silent-logger.js';
import { settled } from '../../support/virtual-host.js';

const COUNTED: XentopRow = { network: { receivedKiB: 12, sentKiB: 7 }, disk: { reads: 300, writes: 4 } };

function running(name: string, cpuSeconds: number, domid = 7): ObservedDomain {
  const domain = {
    name: parseDomainName(name) as DomainName,
    incarnation: { uuid: `uuid-of-${name}`, domid },
    listed: { cpuSeconds },
  };
  return domain as unknown as ObservedDomain;
}

function off(name: string): ObservedDomain {
  return { ...running(name, 0), incarnation: null, listed: null };
}

describe('the samples of what domains use', () => {
  let now: number;
  let domains: ObservedDomain[];
  let read: DeviceCounts['read'];
  let runs: number;
  let warned: unknown[];

  beforeEach(() => {
    now = 5_000;
    domains = [running('horatio', 3.6), running('ophelia', 0.2), off('yorick')];
    read = () => Promise.resolve(new Map([['horatio', COUNTED]]));
    runs = 0;
    warned = [];
  });

  function sampler(devices = true): UsageSampler {
    return new UsageSampler({
      devices: devices
        ? {
            read: () => {
              runs += 1;
              return read();
            },
          }
        : null,
      domains: () => domains,
      host: { uptime: () => now },
      logger: { ...silentLogger, warn: (fields: object) => warned.push(fields) },
    });
  }

  it('are of the domains that run, with CPU time of the listing and counts of xentop', async () => {
    const samples = sampler();
    assert.deepEqual(samples.latest, { uptimeMs: 0, domains: [] });
    samples.looked();
    await settled();
    assert.deepEqual(samples.latest, {
      uptimeMs: 5_000,
      domains: [
        { name: 'horatio', incarnation: 'uuid-of-horatio/7', cpuSeconds: 3.6, ...COUNTED },
        { name: 'ophelia', incarnation: 'uuid-of-ophelia/7', cpuSeconds: 0.2, network: null, disk: null },
      ],
    });
  });

  it('are taken every 15 s, however often the host is looked at', async () => {
    const samples = sampler();
    for (; now < 65_000; now += 250) {
      samples.looked();
      await settled();
    }
    assert.equal(runs, 4);
    assert.equal(samples.latest.uptimeMs, 50_000);
  });

  it('are taken sooner for a domain that has just begun to run, and never twice within 2 s', async () => {
    const samples = sampler();
    samples.looked();
    await settled();
    domains = [running('horatio', 0, 8), running('ophelia', 0.2)];
    for (const [passed, expected] of [
      [1_000, 1],
      [1_000, 2],
      [2_000, 2],
    ] as const) {
      now += passed;
      samples.looked();
      await settled();
      assert.equal(runs, expected);
    }
    assert.equal(samples.latest.domains[0]?.incarnation, 'uuid-of-horatio/8');
  });

  it('wait for an xentop that hangs, and hold up nothing', async () => {
    let answer: (rows: ReadonlyMap<string, XentopRow>) => void = () => undefined;
    read = () => new Promise((resolve) => (answer = resolve));
    const samples = sampler();
    samples.looked();
    now += 60_000;
    samples.looked();
    await settled();
    assert.equal(runs, 1);
    assert.equal(samples.latest.uptimeMs, 0);
    answer(new Map());
    await settled();
    samples.looked();
    assert.equal(runs, 2);
  });

  it('have CPU time without xentop, and the log has each reason once', async () => {
    read = () => Promise.reject(new Error('xentop failed'));
    const samples = sampler();
    for (let turn = 0; turn < 3; turn += 1) {
      samples.looked();
      await settled();
      now += 15_000;
    }
    assert.deepEqual(samples.latest.domains[0]?.cpuSeconds, 3.6);
    assert.deepEqual(warned, [{ why: 'xentop failed' }]);
    const without = sampler(false);
    without.looked();
    await settled();
    assert.equal(without.latest.domains[0]?.network, null);
    assert.equal(runs, 3);
  });
});
