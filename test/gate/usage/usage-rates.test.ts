import assert from 'node:assert/strict';
import { UsageRates } from '../../../server/gate/usage/usage-rates.js';
import type { DomainUsage, HostUsage } from '../../../server/wire/usage.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');

function used(cpuSeconds: number, more: Partial<DomainUsage> = {}): DomainUsage {
  return { name: HORATIO, incarnation: 'a/1', cpuSeconds, network: null, disk: null, ...more };
}

function sample(uptimeMs: number, ...domains: readonly DomainUsage[]): HostUsage {
  return { uptimeMs, domains };
}

const all = (): boolean => true;

describe('gate: rates of what domains use', () => {
  let rates: UsageRates;
  beforeEach(() => {
    rates = new UsageRates();
  });

  it('are means over the samples since they were asked for last', () => {
    const counts = (received: number, sent: number, reads: number, writes: number): Partial<DomainUsage> => ({
      network: { receivedKiB: received, sentKiB: sent },
      disk: { reads, writes },
    });
    rates.add('xen1', sample(10_000, used(100, counts(0, 0, 0, 0))), all);
    rates.add('xen1', sample(25_000, used(103, counts(150, 15, 10, 20))), all);
    rates.add('xen1', sample(40_000, used(118, counts(150, 30, 10, 50))), all);
    assert.deepEqual(rates.take().get(HORATIO), {
      cpuPercent: 60,
      received: 5 * 1024,
      sent: 1024,
      diskRequests: 2,
    });
    assert.equal(rates.take().size, 0, 'nothing is counted twice');
    rates.add('xen1', sample(50_000, used(119)), all);
    assert.equal(rates.take().get(HORATIO)?.cpuPercent, 10);
  });

  const UNKNOWN: Readonly<Record<string, readonly [HostUsage, HostUsage]>> = {
    'one sample, told twice': [sample(10_000, used(1)), sample(10_000, used(5))],
    'a host that was booted': [sample(90_000, used(1)), sample(10_000, used(5))],
    'a domain that was booted': [sample(10_000, used(1)), sample(20_000, used(5, { incarnation: 'a/2' }))],
    'a domain that was not there': [sample(10_000), sample(20_000, used(5))],
    'samples too far apart': [sample(10_000, used(1)), sample(110_000, used(5))],
  };
  for (const [what, [before, after]] of Object.entries(UNKNOWN))
    it(`are not known between samples of ${what}`, () => {
      rates.add('xen1', before, all);
      rates.add('xen1', after, all);
      assert.equal(rates.take().size, 0);
    });

  it('are not known where a count fell or was not told; the others are', () => {
    const network = (receivedKiB: number, sentKiB: number): Partial<DomainUsage> => ({
      network: { receivedKiB, sentKiB },
    });
    rates.add('xen1', sample(10_000, used(5, network(4_194_000, 1))), all);
    rates.add('xen1', sample(20_000, used(4, network(200, 11))), all);
    assert.deepEqual(rates.take().get(HORATIO), {
      cpuPercent: null,
      received: null,
      sent: 1024,
      diskRequests: null,
    });
  });

  it('are those of the host that counts, and of no other with the same name', () => {
    for (const [uptime, here, there] of [
      [10_000, 1, 1],
      [20_000, 2, 9],
    ] as const) {
      rates.add('xen1', sample(uptime, used(here)), all);
      rates.add('xen2', sample(uptime, used(there)), () => false);
    }
    assert.equal(rates.take().get(HORATIO)?.cpuPercent, 10);
  });
});
