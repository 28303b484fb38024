import type { DomainName } from '../../../policy/names.js';
import type { UsageHistory, UsagePoint, UsageSeries } from '../../store/usage-history.js';
import type { Logger } from '../../wire/logger.js';
import type { Hosts } from '../hosts/hosts.js';
import { UsageRates } from './usage-rates.js';
import type { UsageWatch } from './usage-watch.js';

export const MINUTE_MS = 60_000;

interface UsageRecorderParts {
  readonly watch: Pick<UsageWatch, 'onSample'>;
  readonly hosts: Pick<Hosts, 'find'>;
  readonly history: Pick<UsageHistory, 'record' | 'forgetAfter'>;
  readonly log: Logger;
  readonly clock?: () => Date;
}

/**
 * Writes what all domains used into the history, once a minute. The samples of the hosts are its clock: the first one
 * of a minute has the minute before written.
 */
export class UsageRecorder {
  readonly #parts: UsageRecorderParts;
  readonly #clock: () => Date;
  readonly #rates = new UsageRates();
  readonly #stop: () => void;
  #minute: number | null = null;
  /** Why the last minute could not be written; null when it could. */
  #trouble: string | null = null;

  constructor(parts: UsageRecorderParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? (() => new Date());
    this.#try(() => {
      parts.history.forgetAfter(this.#now());
    });
    this.#stop = parts.watch.onSample(({ host, sample }) => {
      this.#turn();
      this.#rates.add(host, sample, (name) => parts.hosts.find(name)?.host.name === host);
    });
  }

  /** Writes what there is of the minute that runs. Twice is harmless. */
  close(): void {
    this.#stop();
    this.#write();
    this.#minute = null;
  }

  #now(): number {
    return Math.floor(this.#clock().getTime() / MINUTE_MS);
  }

  #turn(): void {
    const now = this.#now();
    if (now === this.#minute) return;
    this.#write();
    this.#minute = now;
  }

  #write(): void {
    const minute = this.#minute;
    const points = this.#rates.take();
    if (minute === null || points.size === 0) return;
    this.#try(() => {
      this.#parts.history.record(minute, this.#bySeries(points));
    });
  }

  #bySeries(points: ReadonlyMap<DomainName, UsagePoint>): ReadonlyMap<UsageSeries, UsagePoint> {
    return new Map([...points].map(([name, point]) => [seriesOf(this.#parts.hosts, name), point]));
  }

  /** Customers come before their graphs: what cannot be written is lost, and told once. */
  #try(work: () => void): void {
    try {
      work();
      this.#trouble = null;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#trouble) this.#parts.log.warn({ why }, 'usage.not-written');
      this.#trouble = why;
    }
  }
}

/** Whose points these are: the domain that the name means now. */
export function seriesOf(hosts: Pick<Hosts, 'find'>, domain: DomainName): UsageSeries {
  return { domain, uuid: hosts.find(domain)?.view.configured?.uuid ?? null };
}
