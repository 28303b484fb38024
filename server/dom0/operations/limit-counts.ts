import type { DomainName } from '../../../policy/names.js';
import type { JournalRecord } from './journal-record.js';
import { createsDomain } from './operation.js';

export interface LimitSettings {
  readonly createsPerDomain: { readonly count: number; readonly windowSeconds: number };
  readonly powerOffsPerMinute: number;
}

export const REQUESTS_PER_MINUTE = 600;
const MINUTE_MS = 60_000;
/** Domains whose creates are all too old to count are looked for when there are so many of them. */
const SWEEP_AT = 1_000;

/**
 * When what counts for the host's limits was accepted; milliseconds since the epoch. It has a memory of its own, so that nothing
 * else that is asked for can push anything out of it, and no more of it than the limits need.
 */
export class LimitCounts {
  readonly #settings: LimitSettings;
  readonly #creates = new Map<DomainName, readonly number[]>();
  #powerOffs: readonly number[] = [];
  #requests: readonly number[] = [];
  #countedUpTo = 0;

  constructor(settings: LimitSettings) {
    this.#settings = settings;
  }

  /** Takes a record in. Records come in the journal's order. */
  take({ seq, at, event }: JournalRecord): void {
    const time = Date.parse(at);
    switch (event.kind) {
      case 'checkpoint':
        for (const record of event.records) this.take(record);
        return;
      case 'counted':
        for (const [name, times] of Object.entries(event.creates)) this.#created(name as DomainName, times);
        this.#powerOffs = last([...this.#powerOffs, ...event.powerOffs], this.#settings.powerOffsPerMinute);
        this.#countedUpTo = seq;
        return;
      case 'requested': {
        this.#requests = last([...this.#requests, time], REQUESTS_PER_MINUTE);
        const { domain, verb } = event.request;
        if (!event.counts || seq <= this.#countedUpTo) return;
        if (createsDomain(verb)) this.#created(domain, [time]);
        if (verb === 'poweroff')
          this.#powerOffs = last([...this.#powerOffs, time], this.#settings.powerOffsPerMinute);
        return;
      }
      default:
    }
  }

  /** How many creates of a domain there were in the window before a time; no more than the limit are known. */
  creates(name: DomainName, now: number): number {
    return since(this.#creates.get(name) ?? [], now - this.#window).length;
  }

  powerOffs(now: number): number {
    return since(this.#powerOffs, now - MINUTE_MS).length;
  }

  /** Every request that was accepted, those included that changed nothing. */
  requests(now: number): number {
    return since(this.#requests, now - MINUTE_MS).length;
  }

  /** What a checkpoint must hold of it. @param before the last record that was taken in */
  record(before: JournalRecord): JournalRecord {
    const now = Date.parse(before.at);
    const creates = [...this.#creates].flatMap(([name, times]) => {
      const kept = since(times, now - this.#window);
      return kept.length === 0 ? [] : [[name, kept] as const];
    });
    const powerOffs = since(this.#powerOffs, now - MINUTE_MS);
    const event = { kind: 'counted', creates: Object.fromEntries(creates), powerOffs } as const;
    return { seq: before.seq, at: before.at, event, prev: '', hash: '' };
  }

  get #window(): number {
    return this.#settings.createsPerDomain.windowSeconds * 1000;
  }

  #created(name: DomainName, times: readonly number[]): void {
    const known = this.#creates.get(name) ?? [];
    this.#creates.set(name, last([...known, ...times], this.#settings.createsPerDomain.count));
    if (this.#creates.size % SWEEP_AT === 0) this.#sweep(times.at(-1) ?? 0);
  }

  #sweep(now: number): void {
    for (const [name, times] of this.#creates) {
      if (since(times, now - this.#window).length === 0) this.#creates.delete(name);
    }
  }
}

function last(times: readonly number[], count: number): readonly number[] {
  return times.slice(-count);
}

function since(times: readonly number[], from: number): readonly number[] {
  return times.filter((time) => time >= from);
}
