import { setTimeout as pause } from 'node:timers/promises';
import { UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { SeenHost, LastObservation } from '../../store/last-observations.js';
import type { DomainView } from '../../wire/domain.js';
import { domainThatLeaves, namesOnTheWay, partOf } from '../../wire/guest-name.js';
import type { GuestName, GuestPart } from '../../wire/guest-name.js';
import { Listeners } from '../session/listeners.js';
import type { Logger } from '../../wire/logger.js';
import type { DomainObservation, DomainObservations } from '../access/domain-observations.js';
import type { Unsubscribe } from '../session/terminal.js';
import * as words from '../text/words.js';
import { DomainRegistry } from './domain-registry.js';
import type { KnownDomains, RegistryTimes } from './domain-registry.js';
import type { HostLink } from './host-link.js';
import type { LinkEvent } from './link-event.js';

/** The store's memory of what each host showed when it was heard last. */
export interface LastObservations {
  of(host: SeenHost): LastObservation | null;
  /** @throws AuditUnavailableError */
  record(host: SeenHost, shown: LastObservation): void;
  leaving(): ReadonlySet<DomainName>;
  /** @throws AuditUnavailableError */
  recordLeaving(domains: ReadonlySet<DomainName>): void;
}

/** A domain and the host that it is on, as last heard. */
export interface FoundDomain {
  readonly host: HostLink;
  readonly view: DomainView;
}

/** A host where a domain is without being managed there. */
export interface Stray {
  readonly host: HostLink;
  readonly part: GuestPart;
}

export interface HostsEvent {
  readonly host: HostLink;
  readonly event: LinkEvent;
}

/** News come by the hundred, so a write that failed is not tried again at each of them. Milliseconds. */
const RECORD_AGAIN = 60_000;
const REVIEW_AGAIN = 5_000;

const NOBODY: ReadonlySet<GuestName> = new Set();

/** The times of the domain registry; each has a default. */
type HostsTimes = Partial<RegistryTimes>;

const TEN_MINUTES = 600_000;

/** All Xen hosts of the settings. */
export class Hosts implements DomainObservations {
  readonly links: readonly HostLink[];
  readonly #log: Logger;
  readonly #listeners: Listeners<HostsEvent>;
  readonly #lastObservations: LastObservations;
  readonly #registry: DomainRegistry;
  /** What each host showed before this gate started; null when it was never heard. */
  readonly #before: ReadonlyMap<HostLink, LastObservation | null>;
  readonly #monotonic: () => number;
  /** The missing names that each host told, so that they are logged once. */
  readonly #missing = new Map<HostLink, string>();
  /** Lists of guests as sets, because they are searched for every domain. */
  readonly #guestSets = new WeakMap<readonly GuestName[], ReadonlySet<GuestName>>();
  /** What this gate has recorded of each host. */
  readonly #recorded = new Map<HostLink, LastObservation>();
  /** When a write that failed is tried again. Milliseconds of the monotonic clock. */
  #recordAgain = -Infinity;
  #reviewAgain = -Infinity;
  /**
   * Domains that were seen to leave a host for another, until they are seen to run or all hosts have told
   * their guests.
   */
  #leaving: ReadonlySet<DomainName>;

  constructor(
    links: readonly HostLink[],
    known: KnownDomains,
    lastObservations: LastObservations,
    log: Logger,
    times: HostsTimes = {},
  ) {
    this.links = links;
    this.#lastObservations = lastObservations;
    this.#before = new Map(links.map((link) => [link, lastObservations.of(link)]));
    this.#leaving = lastObservations.leaving();
    this.#log = log;
    const { graceMs = TEN_MINUTES, monotonic = () => performance.now(), clock = () => new Date() } = times;
    this.#monotonic = monotonic;
    this.#registry = new DomainRegistry(known, { graceMs, monotonic, clock }, log);
    this.#listeners = new Listeners((fault) => {
      log.error({ err: fault }, 'a listener to the hosts failed');
    });
    for (const host of links) {
      host.onEvent((event) => {
        this.#remember(host, event);
        this.#listeners.emit({ host, event });
      });
    }
  }

  start(): void {
    for (const link of this.links) link.start();
  }

  /**
   * Settles when each host was tried once, or after `atMostMs`: a host that hangs must not keep everybody
   * out.
   */
  async tried(atMostMs: number): Promise<void> {
    const late = new AbortController();
    await Promise.race([
      Promise.all(this.links.map((link) => link.tried)),
      pause(atMostMs, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
  }

  async close(): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
  }

  onEvent(listener: (event: HostsEvent) => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  /** Whether every host is heard. Only then is it known that a domain which none of them has is gone. */
  get areAllReachable(): boolean {
    return this.links.every((link) => link.reachable);
  }

  /** Decides what time alone can decide. Call it now and then. */
  tick(): void {
    if (this.#registry.isWaiting) this.#review();
  }

  /** Where a domain is. When several hosts have its configuration, the one where it lives counts. */
  find(domain: DomainName): FoundDomain | undefined {
    const found = this.links.flatMap((host) => {
      const view = host.domains.get(domain);
      return view === undefined ? [] : [{ host, view }];
    });
    return (
      found.find(({ host, view }) => host.reachable && isAlive(view)) ??
      found.find(({ view }) => isAlive(view)) ??
      found.find(({ host }) => host.reachable) ??
      found[0]
    );
  }

  /** Where a domain is, on a host that answers. @returns a refusal when no host can be asked about it now */
  reach(domain: DomainName): FoundDomain | Refusal {
    const found = this.find(domain);
    if (found === undefined) {
      return this.areAllReachable
        ? words.notOnAnyHost(domain)
        : words.hostUnreachable(domain, 'no host that answers has it');
    }
    const { host } = found;
    return host.reachable ? found : words.hostUnreachable(domain, `${host.name} is not reachable`);
  }

  /**
   * The host where the domain runs, arrives or leaves without being managed there, as last heard. Null while
   * it is seen to run where it is managed: on its way to another host it is both.
   */
  strayOf(domain: DomainName): Stray | null {
    const found = this.find(domain);
    if (found !== undefined && found.host.reachable && isAlive(found.view)) return null;
    const strays = this.links.flatMap((host) => {
      const guest = this.#guestOf(host, domain);
      return guest === null ? [] : [{ host, part: guest.part }];
    });
    return strays.find(({ part }) => part === 'runs') ?? strays[0] ?? null;
  }

  /** What the domain does, for policy; unknown where its host does not say it at this moment. */
  observation(domain: DomainName): DomainObservation {
    const stray = this.strayOf(domain);
    if (stray !== null) return { state: stray.host.reachable ? 'running' : null, booted: null };
    return sightOf(this.find(domain), { reachable: true });
  }

  /** The same, as it was last heard. */
  lastObservation(domain: DomainName): DomainObservation {
    if (this.strayOf(domain) !== null) return { state: 'running', booted: null };
    return sightOf(this.find(domain), { reachable: false });
  }

  /**
   * Refuses a create on `here` that could make the domain run twice. It may run wherever nobody knows that it
   * does not: in an unknown state, on a host that had it and does not answer, on a host that was never heard,
   * or under the names of its way from host to host, on this host too.
   *
   * @param domain one that is managed on `here`; while it is seen to run there, a silent host counts only if
   *   it was seen to run on that one too
   */
  canRunElsewhere(domain: DomainName, here: HostLink): Refusal | null {
    const view = here.domains.get(domain);
    const runsHere = here.reachable && view !== undefined && isAlive(view);
    for (const host of this.links) {
      const guest = this.#guestOf(host, domain);
      if (guest !== null)
        return words.maybeElsewhere(domain, host.name, host.reachable ? 'running' : 'silent', guest.name);
      const arriving = movingView(domain, host);
      if (arriving !== undefined)
        return words.maybeElsewhere(domain, host.name, host.reachable ? 'running' : 'silent', arriving);
    }
    for (const other of this.links) {
      if (other === here) continue;
      const why = this.#canRun(other, domain, here, runsHere);
      if (why !== null) return words.maybeElsewhere(domain, other.name, why);
    }
    return null;
  }

  #canRun(
    other: HostLink,
    domain: DomainName,
    here: HostLink,
    runsHere: boolean,
  ): 'running' | 'unknown' | 'silent' | 'untold' | null {
    const state = other.domains.get(domain)?.observation.state;
    if (state !== undefined && state !== 'off') {
      if (!other.reachable) return 'silent';
      return state === 'unknown' ? 'unknown' : 'running';
    }
    if (runsHere) return null;
    if (!other.reachable) {
      if (this.#leaving.has(domain)) return 'silent';
      const had = other.hasBeenHeard
        ? state !== undefined || other.names === null
        : this.#canHave(other, domain, here);
      return had ? 'silent' : null;
    }
    if (other.names === null) return 'untold';
    return other.names.others === null && !this.#isKnownWithout(other, domain) ? 'unknown' : null;
  }

  /** The guests that a host has and does not manage, as last heard. */
  #guestsOf(host: HostLink): ReadonlySet<GuestName> {
    if (!host.hasBeenHeard) return this.#before.get(host)?.guests ?? NOBODY;
    const guests = host.names?.others ?? host.lastOthers;
    const known = this.#guestSets.get(guests) ?? new Set(guests);
    this.#guestSets.set(guests, known);
    return known;
  }

  /** The unmanaged guest of a host that is the domain, under any of its names. */
  #guestOf(
    host: HostLink,
    domain: DomainName,
  ): { readonly name: GuestName; readonly part: GuestPart } | null {
    const guests = this.#guestsOf(host);
    if (guests.size === 0) return null;
    const name = [domain, ...namesOnTheWay(domain)].find((one) => guests.has(one));
    const part = name === undefined ? null : partOf(domain, name);
    return name === undefined || part === null ? null : { name, part };
  }

  /** Whether a host that was not heard since the gate started may have the domain. */
  #canHave(other: HostLink, domain: DomainName, here: HostLink): boolean {
    const had = this.#before.get(other) ?? null;
    if (had?.guests == null || had.domains.has(domain)) return true;
    if ([...had.guests].some((guest) => partOf(domain, guest) !== null)) return true;
    return this.#before.get(here)?.domains.has(domain) !== true;
  }

  /** Whether a host whose toolstack does not answer said before that the domain is not there. */
  #isKnownWithout(other: HostLink, domain: DomainName): boolean {
    const guests = this.#recorded.get(other)?.guests ?? this.#before.get(other)?.guests ?? null;
    return guests !== null && ![...guests].some((guest) => partOf(domain, guest) !== null);
  }

  /** What the host shows; while its toolstack does not answer, with the guests that it showed last. */
  #lastObservationOf(host: HostLink): LastObservation {
    const told = host.names === null ? null : host.names.others;
    const last = this.#recorded.get(host)?.guests ?? this.#before.get(host)?.guests ?? null;
    const guests = told === null && host.names !== null ? last : told;
    return { domains: new Set(host.domains.keys()), guests: guests === null ? null : new Set(guests) };
  }

  #recordObservation(host: HostLink): void {
    const shown = this.#lastObservationOf(host);
    const recorded = this.#recorded.get(host);
    if (recorded !== undefined && isSameObservation(recorded, shown)) return;
    if (this.#monotonic() < this.#recordAgain) return;
    try {
      this.#lastObservations.record(host, shown);
      this.#recorded.set(host, shown);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#recordAgain = this.#monotonic() + RECORD_AGAIN;
      this.#log.error({ host: host.name, err: fault }, 'what the host shows could not be recorded');
    }
  }

  /** A domain that leaves a host goes on to run at another, which may be silent just then. */
  #trackLeaving(host: HostLink): void {
    const leaving = new Set(this.#leaving);
    for (const guest of this.#guestsOf(host)) {
      const domain = domainThatLeaves(guest);
      if (domain !== null) leaving.add(domain);
    }
    for (const domain of leaving) {
      const stays = this.links.some((link) => this.#guestOf(link, domain)?.part === 'leaving');
      const found = this.find(domain);
      const runs =
        (found !== undefined && found.host.reachable && isAlive(found.view)) ||
        this.links.some((link) => link.reachable && this.#guestsOf(link).has(domain));
      const known = this.links.every((link) => link.reachable && link.names?.others != null);
      if (!stays && (runs || known)) leaving.delete(domain);
    }
    if (leaving.size === this.#leaving.size && [...leaving].every((domain) => this.#leaving.has(domain)))
      return;
    this.#leaving = leaving;
    this.#lastObservations.recordLeaving(leaving);
  }

  #remember(host: HostLink, { event, ...more }: LinkEvent): void {
    if (event === 'operation') return;
    try {
      if (event !== 'lost') {
        this.#recordObservation(host);
        if (event === 'names' || event === 'reachable' || this.#leaving.size > 0) this.#trackLeaving(host);
      }
    } catch (fault) {
      this.#log.error({ err: fault }, 'what the host shows could not be recorded');
    }
    if (event === 'names' || event === 'reachable') this.#tellMissing(host);
    const isNews = !('name' in more) || event === 'gone' || this.#registry.isNews(host, more.name);
    if (isNews) this.#review();
  }

  /** Logs once what a host lacks. Its domains are not retired for that, and somebody has to mend it. */
  #tellMissing(host: HostLink): void {
    const missing = (host.names?.missing ?? []).map(({ name, why }) => `${name}: ${why}`);
    const said = missing.join(', ');
    if ((this.#missing.get(host) ?? '') === said) return;
    this.#missing.set(host, said);
    const level = missing.length === 0 ? 'info' : 'error';
    this.#log[level](
      { host: host.name, missing: missing.slice(0, 20), count: missing.length },
      missing.length === 0
        ? 'the host has the configuration of all its domains again'
        : 'the host cannot find or read the configuration of some domains; nobody loses them by that',
    );
  }

  #review(): void {
    if (this.#monotonic() < this.#reviewAgain) return;
    try {
      this.#registry.review(this.links);
    } catch (fault) {
      // The store cannot be written now; a later look decides again.
      this.#reviewAgain = this.#monotonic() + REVIEW_AGAIN;
      this.#log.error({ err: fault }, 'which domains there are could not be recorded');
    }
  }
}

/** The name of a managed domain, not off, that is one of this domain's names on its way from host to host. */
function movingView(domain: DomainName, host: HostLink): GuestName | undefined {
  return namesOnTheWay(domain)
    .filter((name) => name.startsWith(domain))
    .find((name) => {
      const state = host.domains.get(name as DomainName)?.observation.state;
      return state !== undefined && state !== 'off';
    });
}

function isSameObservation(one: LastObservation, other: LastObservation): boolean {
  const same = (before: ReadonlySet<string> | null, now: ReadonlySet<string> | null): boolean =>
    before === null || now === null
      ? before === now
      : before.size === now.size && [...now].every((name) => before.has(name));
  return same(one.domains, other.domains) && same(one.guests, other.guests);
}

function sightOf(found: FoundDomain | undefined, wanted: { readonly reachable: boolean }): DomainObservation {
  if (found === undefined || (wanted.reachable && !found.host.reachable))
    return { state: null, booted: null };
  const { state, profile } = found.view.observation;
  return {
    state: state === 'unknown' ? null : state,
    booted: profile === UNKNOWN_PROFILE ? null : profile,
  };
}

/** Seen to exist: neither off nor unknown. `canRunElsewhere` answers another question: what may run. */
function isAlive(view: DomainView): boolean {
  return view.observation.state !== 'off' && view.observation.state !== 'unknown';
}
