import { setTimeout as pause } from 'node:timers/promises';
import { isSeenAlive } from '../../../policy/domain-state.js';
import { UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainView } from '../../wire/domain.js';
import { namesOnTheWay, partOf } from '../../wire/guest-name.js';
import type { GuestName, GuestPart } from '../../wire/guest-name.js';
import { Listeners } from '../session/listeners.js';
import type { Logger } from '../../wire/logger.js';
import type { DomainObservation, DomainObservations } from '../access/domain-observations.js';
import type { Unsubscribe } from '../session/terminal.js';
import * as words from '../text/words.js';
import { DomainRegistry } from './domain-registry.js';
import type { KnownDomains, RegistryTimes } from './domain-registry.js';
import type { HostLink } from './host-link.js';
import { HostMemory } from './host-memory.js';
import type { LastObservations } from './host-memory.js';
import type { LinkEvent } from './link-event.js';

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

/** A migration of a domain, as `xl migrate` shows it while it goes on, or after it has failed half-way. */
export interface Move {
  /** The host on which the domain is under a name of its way. */
  readonly host: HostLink;
  readonly guest: GuestName;
}

export interface HostsEvent {
  readonly host: HostLink;
  readonly event: LinkEvent;
}

/** The wait after a review that could not be recorded. Milliseconds. */
const REVIEW_AGAIN = 5_000;

const TEN_MINUTES = 600_000;

/** How long after the start somebody waits for hosts that have neither answered nor failed. Milliseconds. */
const FIRST_TRY_MS = 2_000;

/** All Xen hosts of the settings. */
export class Hosts implements DomainObservations {
  readonly links: readonly HostLink[];
  readonly #log: Logger;
  readonly #listeners: Listeners<HostsEvent>;
  readonly #memory: HostMemory;
  readonly #registry: DomainRegistry;
  readonly #monotonic: () => number;
  /** The missing names that each host told, so that they are logged once. */
  readonly #missing = new Map<HostLink, string>();
  /** What each managed domain was booted with, where it was last seen to run. */
  readonly #booted = new Map<DomainName, DomainObservation['booted']>();
  #reviewAgain = -Infinity;
  /** The end of the time after the start in which hosts are waited for. Milliseconds of the monotonic clock. */
  #triedBy = -Infinity;

  /** @param times of the domain registry; each has a default */
  constructor(
    links: readonly HostLink[],
    known: KnownDomains,
    lastObservations: LastObservations,
    log: Logger,
    times: Partial<RegistryTimes> = {},
  ) {
    this.links = links;
    this.#log = log;
    const { graceMs = TEN_MINUTES, monotonic = () => performance.now(), clock = () => new Date() } = times;
    this.#monotonic = monotonic;
    this.#memory = new HostMemory(links, lastObservations, log, monotonic);
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
    this.#triedBy = this.#monotonic() + FIRST_TRY_MS;
    for (const link of this.links) link.start();
  }

  /** Settles when each host was tried once, or two seconds after the start: a host may hang. */
  async tried(): Promise<void> {
    await this.#inTime(Promise.all(this.links.map((link) => link.tried)));
  }

  /**
   * Waits, just after the start, for the hosts that may have these domains. A host that had none of them is
   * not waited for. @returns null when there is nothing to wait for
   */
  firstLook(domains: readonly DomainName[]): Promise<void> | null {
    return this.#awaited(domains).length === 0 ? null : this.#look(domains);
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
      found.find(({ host, view }) => host.reachable && isSeenAlive(view.observation.state)) ??
      found.find(({ view }) => isSeenAlive(view.observation.state)) ??
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
    if (found !== undefined && found.host.reachable && isSeenAlive(found.view.observation.state)) return null;
    const strays = this.links.flatMap((host) => {
      const guest = this.#memory.guestOf(host, domain);
      return guest === null ? [] : [{ host, part: guest.part }];
    });
    return strays.find(({ part }) => part === 'runs') ?? strays[0] ?? null;
  }

  /**
   * The migration of the domain; null when none is seen. It is over when no host that answers has the domain
   * under a name of its way. A host that is silent counts as it was last heard, until the domain is seen to
   * run on another.
   */
  moveOf(domain: DomainName): Move | null {
    const moves = this.links.flatMap((host) => {
      const guest = this.#guestOnTheWay(host, domain);
      return guest === undefined ? [] : [{ host, guest }];
    });
    const arriving = moves.find(({ guest }) => partOf(domain, guest) === 'arriving');
    const move = moves.find(({ host }) => host.reachable) ?? arriving ?? moves[0] ?? null;
    if (move === null) return null;
    return move.host.reachable || !this.#isSeenToRun(domain) ? (arriving ?? move) : null;
  }

  /** Whether a host that answers shows that the domain runs there, managed or not. */
  #isSeenToRun(domain: DomainName): boolean {
    return this.links.some((host) => {
      if (!host.reachable) return false;
      const view = host.domains.get(domain);
      if (view !== undefined && isSeenAlive(view.observation.state)) return true;
      return this.#memory.guestOf(host, domain)?.part === 'runs';
    });
  }

  #guestOnTheWay(host: HostLink, domain: DomainName): GuestName | undefined {
    return this.#memory.movingGuestOf(host, domain) ?? movingView(domain, host);
  }

  /** What the domain does, for policy; unknown where its host does not say it at this moment. */
  observation(domain: DomainName): DomainObservation {
    const stray = this.strayOf(domain);
    // A migration is no boot.
    const booted = stray === null || stray.part === 'runs' ? null : (this.#booted.get(domain) ?? null);
    if (stray !== null) return { state: stray.host.reachable ? 'running' : null, booted };
    return observationOf(this.find(domain), { reachable: true });
  }

  /** The same, as it was last heard. */
  lastObservation(domain: DomainName): DomainObservation {
    if (this.strayOf(domain) !== null) return { state: 'running', booted: null };
    return observationOf(this.find(domain), { reachable: false });
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
    const runsHere = here.reachable && view !== undefined && isSeenAlive(view.observation.state);
    for (const host of this.links) {
      const name = this.#memory.guestOf(host, domain)?.name ?? movingView(domain, host);
      if (name !== undefined)
        return words.maybeElsewhere(domain, host.name, host.reachable ? 'running' : 'silent', name);
    }
    for (const other of this.links) {
      if (other === here) continue;
      const why = this.#canRun(other, domain, here, runsHere);
      if (why !== null) return words.maybeElsewhere(domain, other.name, why);
    }
    return null;
  }

  /** A domain that no host has shown, now or before, is expected anywhere. */
  #isExpectedOn(host: HostLink, domain: DomainName): boolean {
    if (this.#memory.hadBefore(host, domain)) return true;
    return !this.links.some((link) => link.domains.has(domain) || this.#memory.hadBefore(link, domain));
  }

  /** The hosts that are still to be waited for, for these domains. */
  #awaited(domains: readonly DomainName[]): readonly HostLink[] {
    if (this.#monotonic() >= this.#triedBy) return [];
    return this.links.filter(
      (link) => !link.hasBeenTried && domains.some((domain) => this.#isExpectedOn(link, domain)),
    );
  }

  /** Each host that is tried may show a domain, and then the others are waited for no more. */
  async #look(domains: readonly DomainName[]): Promise<void> {
    for (;;) {
      const awaited = this.#awaited(domains);
      if (awaited.length === 0) return;
      if (!(await this.#inTime(Promise.race(awaited.map((link) => link.tried))))) return;
    }
  }

  /** @returns whether this has settled before the time after the start was over */
  async #inTime(tried: Promise<unknown>): Promise<boolean> {
    const left = this.#triedBy - this.#monotonic();
    if (left <= 0) return false;
    const late = new AbortController();
    const time = pause(left, false, { signal: late.signal }).catch(() => false);
    const settled = await Promise.race([tried.then(() => true), time]);
    late.abort();
    return settled;
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
      if (this.#memory.isLeaving(domain)) return 'silent';
      const had = other.hasBeenHeard
        ? state !== undefined || other.names === null
        : this.#memory.canHave(other, domain, here);
      return had ? 'silent' : null;
    }
    if (other.names === null) return 'untold';
    return other.names.others === null && !this.#memory.isKnownWithout(other, domain) ? 'unknown' : null;
  }

  #remember(host: HostLink, { event, ...more }: LinkEvent): void {
    if (event === 'operation') return;
    this.#memory.update(host, event);
    const names = 'name' in more ? [more.name] : event === 'reachable' ? host.domains.keys() : [];
    for (const name of names) {
      const found = host.domains.get(name)?.observation;
      if (found !== undefined && isSeenAlive(found.state)) this.#booted.set(name, bootedOf(found.profile));
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

function observationOf(
  found: FoundDomain | undefined,
  wanted: { readonly reachable: boolean },
): DomainObservation {
  if (found === undefined || (wanted.reachable && !found.host.reachable))
    return { state: null, booted: null };
  const { state, profile } = found.view.observation;
  return {
    state: state === 'unknown' ? null : state,
    booted: bootedOf(profile),
  };
}

function bootedOf(profile: DomainView['observation']['profile']): DomainObservation['booted'] {
  return profile === UNKNOWN_PROFILE ? null : profile;
}
