import type { DomainName } from '../../../policy/names.js';
import type { UsagePoint } from '../../store/usage-history.js';
import type { DomainUsage, HostUsage } from '../../wire/usage.js';

/** Two samples farther apart say too little of each minute between them. Milliseconds. */
const LONGEST_MS = 90_000;

/** What was counted in some time, of one quantity. */
interface Sum {
  amount: number;
  ms: number;
}

interface Sums {
  readonly cpuSeconds: Sum;
  readonly received: Sum;
  readonly sent: Sum;
  readonly diskRequests: Sum;
}

interface Before {
  readonly uptimeMs: number;
  readonly usage: DomainUsage;
}

/** Makes rates of counts that only grow: adds up what is between samples until it is asked. */
export class UsageRates {
  /** By host. */
  readonly #before = new Map<string, ReadonlyMap<DomainName, Before>>();
  #sums = new Map<DomainName, Sums>();

  /** Takes a sample of one host; those that are not `counted` are left out. */
  add(host: string, { uptimeMs, domains }: HostUsage, counted: (name: DomainName) => boolean): void {
    const before = this.#before.get(host);
    for (const usage of domains) {
      const earlier = before?.get(usage.name);
      if (earlier !== undefined && counted(usage.name)) this.#between(earlier, { uptimeMs, usage });
    }
    this.#before.set(host, new Map(domains.map((usage) => [usage.name, { uptimeMs, usage }])));
  }

  /** The mean since it was asked last, of the domains of which something is known. */
  take(): ReadonlyMap<DomainName, UsagePoint> {
    const sums = this.#sums;
    this.#sums = new Map();
    return new Map(
      [...sums].map(([name, { cpuSeconds, received, sent, diskRequests }]) => [
        name,
        {
          cpuPercent: rate(cpuSeconds, 100),
          received: rate(received, 1024),
          sent: rate(sent, 1024),
          diskRequests: rate(diskRequests, 1),
        },
      ]),
    );
  }

  #between(earlier: Before, later: Before): void {
    const [one, other] = [earlier.usage, later.usage];
    const ms = later.uptimeMs - earlier.uptimeMs;
    // A new incarnation counts from 0, and a host that was booted has another uptime.
    if (ms <= 0 || ms > LONGEST_MS || one.incarnation !== other.incarnation) return;
    const sums = this.#sums.get(other.name) ?? {
      cpuSeconds: { amount: 0, ms: 0 },
      received: { amount: 0, ms: 0 },
      sent: { amount: 0, ms: 0 },
      diskRequests: { amount: 0, ms: 0 },
    };
    this.#sums.set(other.name, sums);
    add(sums.cpuSeconds, one.cpuSeconds, other.cpuSeconds, ms);
    add(sums.received, one.network?.receivedKiB, other.network?.receivedKiB, ms);
    add(sums.sent, one.network?.sentKiB, other.network?.sentKiB, ms);
    add(sums.diskRequests, requestsOf(one), requestsOf(other), ms);
  }
}

function requestsOf({ disk }: DomainUsage): number | undefined {
  return disk === null ? undefined : disk.reads + disk.writes;
}

/** A count that fell has begun anew, or wrapped: nothing is known of that time. */
function add(sum: Sum, before: number | undefined, after: number | undefined, ms: number): void {
  if (before === undefined || after === undefined || after < before) return;
  sum.amount += after - before;
  sum.ms += ms;
}

function rate({ amount, ms }: Sum, scale: number): number | null {
  return ms === 0 ? null : (amount * scale * 1000) / ms;
}
