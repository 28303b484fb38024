import type { DomainName } from '../../policy/names.js';
import type { ObservedDomain } from '../../server/dom0/observation/observed-domain.js';
import type { HalfEvents } from './model-half.js';
import type { KnownDomains } from '../../server/gate/hosts/domain-registry.js';
import type { HostLink } from '../../server/gate/hosts/host-link.js';
import { Hosts } from '../../server/gate/hosts/hosts.js';
import type { LastObservations } from '../../server/gate/hosts/host-memory.js';
import type { DomainChanges } from '../../server/store/domains.js';
import type { DomainIdentity, DomainRecord } from '../../server/store/records.js';
import type { LastObservation } from '../../server/store/last-observations.js';
import type { DomainView, HostNames } from '../../server/wire/domain.js';
import { domainView } from '../support/dom0-stand-in.js';
import { silentLogger } from '../support/silent-logger.js';
import { DAY_ONE } from './model-half.js';
import type { VirtualTime } from './virtual-time.js';
import type { LinkEvent } from '../../server/gate/hosts/link-event.js';

/** Milliseconds. In the model, a name that is seen to be gone for this long is retired. */
export const GRACE_MS = 20_000;

/**
 * A host as a gate's link hears it. While the link is cut, news are lost; only a new list makes up for them.
 */
export class ModelLink {
  readonly name: string;
  readonly socket: string;
  readonly domains = new Map<DomainName, DomainView>();
  readonly hears: HalfEvents;
  reachable = false;
  hasBeenHeard = false;
  names: HostNames | null = null;
  lastOthers: readonly string[] = [];
  /** When the last listing that it heard was made; -Infinity before the first. */
  informedAt = -Infinity;
  #listener: (event: LinkEvent) => void = () => undefined;

  constructor(name: string) {
    this.name = name;
    this.socket = `/${name}.sock`;
    this.hears = {
      seen: (domain) => {
        if (!this.reachable) return;
        this.#see(domain);
        this.#listener({ event: 'domain', name: domain.name });
      },
      gone: (gone) => {
        if (!this.reachable) return;
        this.domains.delete(gone);
        this.#listener({ event: 'gone', name: gone });
      },
      names: (names) => {
        if (!this.reachable) return;
        this.#know(names);
        this.#listener({ event: 'names' });
      },
    };
  }

  onEvent(listener: (event: LinkEvent) => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }

  /** Hears the whole list. */
  connect(domains: readonly ObservedDomain[], names: HostNames): void {
    this.domains.clear();
    for (const domain of domains) this.#see(domain);
    this.#know(names);
    this.reachable = true;
    this.hasBeenHeard = true;
    this.#listener({ event: 'reachable' });
  }

  lose(): void {
    if (!this.reachable) return;
    this.reachable = false;
    this.#listener({ event: 'lost' });
  }

  #see({ name, observation, configured }: ObservedDomain): void {
    this.domains.set(name, domainView(name, observation.state, { observation, configured }));
    if (observation.state !== 'unknown') this.informedAt = Date.parse(observation.seenAt) - DAY_ONE;
  }

  #know(names: HostNames): void {
    this.names = names;
    this.lastOthers = names.others ?? this.lastOthers;
  }
}

/** The data that a store keeps from one gate to the next. */
export class ModelStore implements KnownDomains, LastObservations {
  readonly #domains = new Map<DomainName, DomainRecord>();
  readonly #identities = new Map<string, DomainIdentity>();
  readonly #lastObservations = new Map<string, LastObservation>();
  readonly retired: DomainName[] = [];
  #leaving: ReadonlySet<DomainName> = new Set();

  list(): readonly DomainRecord[] {
    return [...this.#domains.values()];
  }

  find(name: DomainName): DomainRecord | undefined {
    return this.#domains.get(name);
  }

  identitiesOf(name: DomainName): readonly DomainIdentity[] {
    return this.identities().filter(({ domain }) => domain === name);
  }

  identities(): readonly DomainIdentity[] {
    return [...this.#identities.values()];
  }

  retiredSince(): number {
    return this.retired.length;
  }

  settle(changes: DomainChanges): void {
    const put = (name: DomainName, more: Partial<DomainRecord>): void => {
      this.#domains.set(name, { ...(this.#domains.get(name) ?? fresh(name)), ...more });
    };
    for (const name of changes.seen)
      put(name, { presence: 'present', absentSince: null, absentMs: 0, waiting: false, kept: false });
    for (const one of changes.identities) this.#identities.set(`${one.host} ${one.domain}`, one);
    for (const { name, presence, absentMs } of changes.away) put(name, { presence, absentMs });
    for (const name of changes.waiting) put(name, { waiting: true });
    for (const name of [...changes.held, ...changes.retired]) put(name, { retiredAt: 'then' });
    this.retired.push(...changes.retired);
  }

  of({ name }: { readonly name: string }): LastObservation | null {
    return this.#lastObservations.get(name) ?? null;
  }

  record({ name }: { readonly name: string }, shown: LastObservation): void {
    this.#lastObservations.set(name, shown);
  }

  leaving(): ReadonlySet<DomainName> {
    return this.#leaving;
  }

  recordLeaving(domains: ReadonlySet<DomainName>): void {
    this.#leaving = domains;
  }
}

/** The gate's own classes that decide where a domain is, and whether it may run elsewhere. */
export function gateOver(links: readonly ModelLink[], store: ModelStore, time: VirtualTime): Hosts {
  return new Hosts(
    links.map((link) => link as unknown as HostLink),
    store,
    store,
    silentLogger,
    { graceMs: GRACE_MS, monotonic: () => time.now, clock: () => new Date(time.now) },
  );
}

function fresh(name: DomainName): DomainRecord {
  return {
    name,
    firstSeenAt: 'first',
    retiredAt: null,
    retiredWhy: null,
    presence: 'present',
    absentSince: null,
    absentMs: 0,
    waiting: false,
    kept: false,
  };
}
