import { isSeenAlive } from '../../../policy/domain-state.js';
import type { DomainName } from '../../../policy/names.js';
import type { SeenHost, LastObservation } from '../../store/last-observations.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { domainThatLeaves, namesOnTheWay, partOf } from '../../wire/guest-name.js';
import type { GuestName, GuestPart } from '../../wire/guest-name.js';
import type { Logger } from '../../wire/logger.js';
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

/** An unmanaged guest that is a domain, under any of its names. */
interface Guest {
  readonly name: GuestName;
  readonly part: GuestPart;
}

/** News come by the hundred, so a write that failed is not tried again at each of them. Milliseconds. */
const RECORD_AGAIN = 60_000;

const NOBODY: ReadonlySet<GuestName> = new Set();

/**
 * Remembers what each host showed when it was heard last, also before this gate started. The store keeps it,
 * so that the next gate knows which domains may run on a silent host.
 */
export class HostMemory {
  readonly #links: readonly HostLink[];
  readonly #store: LastObservations;
  readonly #log: Logger;
  readonly #monotonic: () => number;
  /** What each host showed before this gate started; null when it was never heard. */
  readonly #before: ReadonlyMap<HostLink, LastObservation | null>;
  /** What this gate has recorded of each host. */
  readonly #recorded = new Map<HostLink, LastObservation>();
  /** The hosts of which something could not be recorded yet. */
  readonly #unrecorded = new Set<HostLink>();
  /** Lists of guests as sets, because they are searched for every domain. */
  readonly #guestSets = new WeakMap<readonly GuestName[], ReadonlySet<GuestName>>();
  /** When a write that failed is tried again. Milliseconds of the monotonic clock. */
  #recordAgain = -Infinity;
  #leaving: ReadonlySet<DomainName>;

  /** @param monotonic a clock that never jumps. Milliseconds. */
  constructor(links: readonly HostLink[], store: LastObservations, log: Logger, monotonic: () => number) {
    this.#links = links;
    this.#store = store;
    this.#log = log;
    this.#monotonic = monotonic;
    this.#before = new Map(links.map((link) => [link, store.of(link)]));
    this.#leaving = store.leaving();
  }

  /**
   * Remembers what the host shows after this event. A write that fails is logged. News of a domain that the host was
   * recorded to have cost the same however many it has.
   *
   * @param name the only domain that the event is about; null: it is about more
   */
  update(host: HostLink, event: LinkEvent['event'], name: DomainName | null): void {
    if (event === 'operation' || event === 'lost') return;
    try {
      if (this.#unrecorded.has(host) || this.#isNews(host, event, name)) this.#record(host);
      const isAboutGuests = event === 'names' || event === 'reachable';
      if (isAboutGuests || (this.#leaving.size > 0 && event !== 'looked')) this.#trackLeaving(host);
    } catch (fault) {
      this.#log.error({ err: fault }, 'host.not-remembered');
    }
  }

  /** The guest of a host that is the domain, unmanaged there, as last heard. */
  guestOf(host: HostLink, domain: DomainName): Guest | null {
    const guests = this.#guestsOf(host);
    if (guests.size === 0) return null;
    const name = [domain, ...namesOnTheWay(domain)].find((one) => guests.has(one));
    const part = name === undefined ? null : partOf(domain, name);
    return name === undefined || part === null ? null : { name, part };
  }

  /** The unmanaged guest of a host that is the domain between two hosts, as last heard. */
  movingGuestOf(host: HostLink, domain: DomainName): GuestName | undefined {
    const guests = this.#guestsOf(host);
    return guests.size === 0 ? undefined : namesOnTheWay(domain).find((name) => guests.has(name));
  }

  /**
   * Whether the domain was seen to leave a host for another, and was not seen to run since. It is settled as
   * well when all hosts have told their guests.
   */
  isLeaving(domain: DomainName): boolean {
    return this.#leaving.has(domain);
  }

  /** Whether a host that was not heard since the gate started may have a domain that is managed on `here`. */
  canHave(other: HostLink, domain: DomainName, here: HostLink): boolean {
    const had = this.#before.get(other) ?? null;
    if (had?.guests == null || had.domains.has(domain) || isAmong(had.guests, domain)) return true;
    return this.#before.get(here)?.domains.has(domain) !== true;
  }

  /** Whether a host showed the domain before this gate started, managed or not. */
  hadBefore(host: HostLink, domain: DomainName): boolean {
    const had = this.#before.get(host) ?? null;
    return had !== null && (had.domains.has(domain) || isAmong(had.guests ?? NOBODY, domain));
  }

  /** Whether a host whose toolstack does not answer said before that the domain is not there. */
  isKnownWithout(other: HostLink, domain: DomainName): boolean {
    const guests = this.#lastGuests(other);
    return guests !== null && !isAmong(guests, domain);
  }

  /** Whether the host may show other names than were recorded: its guests come with `names`. */
  #isNews(host: HostLink, event: LinkEvent['event'], name: DomainName | null): boolean {
    if (event === 'looked') return false;
    if (event !== 'domain' || name === null) return true;
    return this.#recorded.get(host)?.domains.has(name) !== true;
  }

  #guestsOf(host: HostLink): ReadonlySet<GuestName> {
    if (!host.hasBeenHeard) return this.#before.get(host)?.guests ?? NOBODY;
    const guests = host.names?.others ?? host.lastOthers;
    const known = this.#guestSets.get(guests) ?? new Set(guests);
    this.#guestSets.set(guests, known);
    return known;
  }

  /** The guests that the host showed last; null when it never did. */
  #lastGuests(host: HostLink): ReadonlySet<GuestName> | null {
    return this.#recorded.get(host)?.guests ?? this.#before.get(host)?.guests ?? null;
  }

  /** What the host shows; while its toolstack does not answer, with the guests that it showed last. */
  #observationOf({ names, domains }: HostLink, lastGuests: ReadonlySet<GuestName> | null): LastObservation {
    const guests = names === null ? null : (names.others ?? lastGuests);
    return { domains: new Set(domains.keys()), guests: guests === null ? null : new Set(guests) };
  }

  #record(host: HostLink): void {
    const shown = this.#observationOf(host, this.#lastGuests(host));
    const recorded = this.#recorded.get(host);
    if (recorded !== undefined && isSameObservation(recorded, shown)) {
      this.#unrecorded.delete(host);
      return;
    }
    this.#unrecorded.add(host);
    if (this.#monotonic() < this.#recordAgain) return;
    try {
      this.#store.record(host, shown);
      this.#recorded.set(host, shown);
      this.#unrecorded.delete(host);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#recordAgain = this.#monotonic() + RECORD_AGAIN;
      this.#log.error({ host: host.name, err: fault }, 'host.not-remembered');
    }
  }

  /** A domain that leaves a host goes on to run at another, which may be silent just then. */
  #trackLeaving(host: HostLink): void {
    const leaving = new Set(this.#leaving);
    for (const guest of this.#guestsOf(host)) {
      const domain = domainThatLeaves(guest);
      if (domain !== null) leaving.add(domain);
    }
    const allTold = this.#links.every((link) => link.reachable && link.names?.others != null);
    for (const domain of leaving) {
      const stays = this.#links.some((link) => this.guestOf(link, domain)?.part === 'leaving');
      if (!stays && (allTold || this.#links.some((link) => this.#isSeenOn(link, domain))))
        leaving.delete(domain);
    }
    if (isSameSet(this.#leaving, leaving)) return;
    this.#leaving = leaving;
    this.#store.recordLeaving(leaving);
  }

  /** Whether the host says now that the domain runs there, managed or not. */
  #isSeenOn(host: HostLink, domain: DomainName): boolean {
    if (!host.reachable) return false;
    const view = host.domains.get(domain);
    return (view !== undefined && isSeenAlive(view.observation.state)) || this.#guestsOf(host).has(domain);
  }
}

function isAmong(guests: ReadonlySet<GuestName>, domain: DomainName): boolean {
  return [...guests].some((guest) => partOf(domain, guest) !== null);
}

function isSameObservation(one: LastObservation, other: LastObservation): boolean {
  if (!isSameSet(one.domains, other.domains)) return false;
  if (one.guests === null || other.guests === null) return one.guests === other.guests;
  return isSameSet(one.guests, other.guests);
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...other].every((name) => one.has(name));
}
