import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { Actor } from '../../wire/operation.js';
import type { HostIncarnation } from '../toolstack/incarnation.js';
import type { JournalRecord } from './journal-record.js';

/** A rescue that ends. The incarnation is the one that the rescue booted; a reboot from inside has another domid. */
export interface TimedRescue extends HostIncarnation {
  /** The operation that booted it. */
  readonly operation: string;
  readonly domain: DomainName;
  readonly profile: BootProfileName;
  /** The host's uptime at the boot, milliseconds. */
  readonly from: number;
  readonly forSeconds: number;
  /** The customer who asked for it, as the gate claims. */
  readonly actor: Actor;
}

/** The host's uptime at which its time is over, milliseconds. */
export function overAt({ from, forSeconds }: Pick<TimedRescue, 'from' | 'forSeconds'>): number {
  return from + forSeconds * 1000;
}

/**
 * The rescue with an end that each domain was booted into, as the journal's records tell them. The next boot by
 * an operation takes its place.
 */
export class TimedRescues {
  readonly #rescues = new Map<DomainName, TimedRescue>();
  /** The rescues that were booted last, also those that end no more. */
  readonly #booted = new Map<DomainName, string>();
  /** The last records about them besides their boot, by domain: a checkpoint keeps them. */
  readonly #records = new Map<DomainName, { extended: number; void: number }>();

  /** Takes a record, in the journal's order. */
  take({ seq, event }: JournalRecord): void {
    switch (event.kind) {
      case 'checkpoint':
        for (const record of event.records) this.take(record);
        return;
      case 'booted': {
        const { operation, domain, profile, uuid, domid, host = '', end } = event;
        this.#rescues.delete(domain);
        this.#booted.set(domain, operation);
        this.#records.delete(domain);
        if (end === undefined) return;
        this.#rescues.set(domain, { operation, domain, profile, uuid, domid, boot: host, ...end });
        return;
      }
      case 'extended': {
        const rescue = this.#rescues.get(event.domain);
        if (rescue?.operation !== event.operation) return;
        this.#rescues.set(event.domain, { ...rescue, forSeconds: event.forSeconds });
        this.#noted(event.domain, { extended: seq });
        return;
      }
      case 'end-void':
        if (this.#booted.get(event.domain) !== event.operation) return;
        this.forget(event.domain, event.operation);
        this.#noted(event.domain, { void: seq });
        return;
      default:
    }
  }

  find(name: DomainName): TimedRescue | null {
    return this.#rescues.get(name) ?? null;
  }

  list(): readonly TimedRescue[] {
    return [...this.#rescues.values()];
  }

  /** The rescue ends no more, even when that cannot be written to the journal yet. */
  forget(name: DomainName, operation: string): void {
    if (this.#rescues.get(name)?.operation === operation) this.#rescues.delete(name);
  }

  /** Whether a checkpoint must keep the record: without it, a rescue would end otherwise than it should. */
  needs(seq: number): boolean {
    return [...this.#records.values()].some((noted) => noted.extended === seq || noted.void === seq);
  }

  #noted(name: DomainName, what: Partial<{ extended: number; void: number }>): void {
    this.#records.set(name, { extended: 0, void: 0, ...this.#records.get(name), ...what });
  }
}
