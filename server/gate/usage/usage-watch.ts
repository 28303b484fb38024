import { FaultGuard } from '../../wire/fault-guard.js';
import type { FaultLogger } from '../../wire/logger.js';
import type { DomainUsage, HostUsage } from '../../wire/usage.js';
import type { HostLink } from '../hosts/host-link.js';
import { Listeners } from '../session/listeners.js';
import type { Unsubscribe } from '../session/terminal.js';

/** As often as a host takes a sample. Milliseconds. */
const INTERVAL_MS = 15_000;
/** A host that has no sample yet, or one of no domain, is asked again after this. Milliseconds. */
const FIRST_MS = 2_000;
/** A sample that no newer one followed for so long is told no more. Milliseconds. */
const STALE_MS = 60_000;

/** A host as it is asked. */
type UsageHost = Pick<HostLink, 'name' | 'usage'>;

/** What a domain has used, and where. */
export interface HostedUsage {
  readonly host: string;
  readonly usage: DomainUsage;
}

interface Heard {
  readonly sample: HostUsage;
  /** By `monotonic`. */
  readonly at: number;
}

interface UsageWatchParts {
  readonly hosts: readonly UsageHost[];
  readonly log: FaultLogger;
  readonly monotonic?: () => number;
  /** Calls once, after this many milliseconds. @returns a function that cancels */
  readonly after?: (ms: number, call: () => void) => () => void;
}

/** Asks each host every 15 s what its domains have used. A host that does not answer holds up no other. */
export class UsageWatch {
  readonly #hosts: readonly UsageHost[];
  readonly #guard: FaultGuard;
  readonly #monotonic: () => number;
  readonly #after: (ms: number, call: () => void) => () => void;
  readonly #heard = new Map<UsageHost, Heard>();
  readonly #waits = new Map<UsageHost, () => void>();
  readonly #listeners: Listeners<{ readonly host: string; readonly sample: HostUsage }>;
  #isClosed = false;

  constructor(parts: UsageWatchParts) {
    this.#hosts = parts.hosts;
    this.#guard = new FaultGuard(parts.log);
    this.#monotonic = parts.monotonic ?? (() => performance.now());
    this.#after = parts.after ?? afterUnref;
    this.#listeners = new Listeners((fault) => {
      parts.log.error({ to: 'usage', err: fault }, 'listener.fault');
    });
  }

  /** Called with each new sample. */
  onSample(listener: (event: { readonly host: string; readonly sample: HostUsage }) => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  start(): void {
    for (const host of this.#hosts) this.#ask(host);
  }

  /** Twice is harmless. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#waits.values()) cancel();
    this.#waits.clear();
  }

  /** What was heard within the last minute. */
  *latest(): Iterable<HostedUsage> {
    const now = this.#monotonic();
    for (const [{ name: host }, { sample, at }] of this.#heard)
      if (now - at < STALE_MS) for (const usage of sample.domains) yield { host, usage };
  }

  #ask(host: UsageHost): void {
    const heard = this.#guard.on('usage', (sample: HostUsage | null) => {
      this.#take(host, sample);
    });
    void host.usage().then(heard);
  }

  #take(host: UsageHost, sample: HostUsage | null): void {
    if (this.#isClosed) return;
    const isNew =
      sample !== null && sample.uptimeMs > 0 && sample.uptimeMs !== this.#heard.get(host)?.sample.uptimeMs;
    if (isNew) this.#heard.set(host, { sample, at: this.#monotonic() });
    const hasDomains = (this.#heard.get(host)?.sample.domains.length ?? 0) > 0;
    const again = this.#after(hasDomains ? INTERVAL_MS : FIRST_MS, () => {
      this.#ask(host);
    });
    this.#waits.set(host, again);
    if (isNew) this.#listeners.emit({ host: host.name, sample });
  }
}

function afterUnref(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms).unref();
  return () => {
    clearTimeout(timer);
  };
}
