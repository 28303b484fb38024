import type { DomainUsage, HostUsage } from '../../wire/usage.js';
import type { Logger } from '../../wire/logger.js';
import type { HostClock } from '../scheduling/host-clock.js';
import type { DeviceCounts, XentopRow } from '../toolstack/xentop.js';
import type { ObservedDomain } from './observed-domain.js';

/** How often a sample is taken. Milliseconds. */
const INTERVAL_MS = 15_000;
/** For a domain that has just begun to run, one is taken sooner; never sooner than this. */
const SOONEST_MS = 2_000;

interface UsageSamplerParts {
  /** Null: network and disks are not counted. */
  readonly devices: DeviceCounts | null;
  /** The domains, as they were listed last. */
  readonly domains: () => readonly ObservedDomain[];
  readonly host: Pick<HostClock, 'uptime'>;
  readonly logger: Logger;
}

/**
 * What the running domains have used, sampled every 15 s. CPU time is that of the listing which was made anyway, for
 * xentop counts whole seconds; network and disks come from one xentop for all. Nothing waits for it.
 */
export class UsageSampler {
  readonly #parts: UsageSamplerParts;
  #latest: HostUsage = { uptimeMs: 0, domains: [] };
  #takenAt = -Infinity;
  #isSampling = false;
  /** Why xentop told nothing last; null when it did. */
  #trouble: string | null = null;

  constructor(parts: UsageSamplerParts) {
    this.#parts = parts;
  }

  /** The latest sample. */
  get latest(): HostUsage {
    return this.#latest;
  }

  /** Call it after each listing of the toolstack. */
  looked(): void {
    const now = this.#parts.host.uptime();
    const age = now - this.#takenAt;
    if (this.#isSampling || age < SOONEST_MS) return;
    const running = this.#parts.domains().filter(({ listed }) => listed !== null);
    if (age < INTERVAL_MS && !this.#isNew(running)) return;
    this.#takenAt = now;
    void this.#sample(now, running);
  }

  /** Whether one of them is not in the latest sample. */
  #isNew(running: readonly ObservedDomain[]): boolean {
    const known = new Set(this.#latest.domains.map(({ incarnation }) => incarnation));
    return running.some((domain) => !known.has(incarnationOf(domain)));
  }

  async #sample(uptimeMs: number, running: readonly ObservedDomain[]): Promise<void> {
    this.#isSampling = true;
    const counts = await this.#counts();
    this.#isSampling = false;
    const domains = running.map((domain) => usageOf(domain, counts?.get(domain.name)));
    this.#latest = { uptimeMs: Math.max(1, Math.round(uptimeMs)), domains };
  }

  /** @returns null when xentop tells nothing; the log has each reason once */
  async #counts(): Promise<ReadonlyMap<string, XentopRow> | null> {
    const { devices, logger } = this.#parts;
    if (devices === null) return null;
    try {
      const counts = await devices.read();
      if (this.#trouble !== null) logger.info({}, 'usage.xentop-answers');
      this.#trouble = null;
      return counts;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#trouble) logger.warn({ why }, 'usage.no-xentop');
      this.#trouble = why;
      return null;
    }
  }
}

function incarnationOf({ incarnation }: ObservedDomain): string {
  return `${incarnation?.uuid ?? ''}/${incarnation?.domid ?? 0}`;
}

function usageOf(domain: ObservedDomain, row: XentopRow | undefined): DomainUsage {
  const { name, listed } = domain;
  return {
    name,
    incarnation: incarnationOf(domain),
    cpuSeconds: listed?.cpuSeconds ?? 0,
    network: row?.network ?? null,
    disk: row?.disk ?? null,
  };
}
