import type { DomainName } from '../../../policy/names.js';
import type { JournalRecord } from './journal-record.js';
import { createsDomain } from './operation.js';

export interface LimitSettings {
  readonly createsPerDomain: { readonly count: number; readonly windowSeconds: number };
  readonly powerOffsPerMinute: number;
}

export const REQUESTS_PER_MINUTE = 600;
const MINUTE_MS = 60_000;
/** At every multiple of this many domains, we drop those whose creates are all too old to count. */
const SWEEP_AT = 1_000;

/**
 * When each act that counts for the host's limits was accepted, milliseconds since the epoch. Its memory is
 * its own, so no other requests can push an entry out, and no larger than the limits need.
 */
export class LimitCounts {
  #settings: LimitSettings;
  readonly #creates = new Map<DomainName, readonly number[]>();
  #powerOffs: readonly number[] = [];
  #requests: readonly number[] = [];
  #countedUpTo = 0;

  constructor(settings: LimitSettings) {
    this.#settings = settings;
  }

  /** They decide how much is remembered. */
  get settings(): LimitSettings {
    return this.#settings;
  }

  /**
   * Takes other settings. Acts that the earlier ones no longer needed are forgotten, as over a restart: a limit that is
   * raised may let through as many more, once.
   */
  replace(settings: LimitSettings): void {
    this.#settings = settings;
  }

  /** Takes a record, in the journal's order. */
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
      case 'extended':
        this.#requests = last([...this.#requests, time], REQUESTS_PER_MINUTE);
        return;
      default:
    }
  }

  /** The number of creates of a domain in the window before `now`. It never exceeds the limit. */
  creates(name: DomainName, now: number): number {
    return since(this.#creates.get(name) ?? [], now - this.#window).length;
  }

  powerOffs(now: number): number {
    return since(this.#powerOffs, now - MINUTE_MS).length;
  }

  /** Every accepted request, also those that changed nothing. */
  requests(now: number): number {
    return since(this.#requests, now - MINUTE_MS).length;
  }

  /** The record that a checkpoint must hold. @param before the last record that was taken */
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
