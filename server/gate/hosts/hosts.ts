import type { Lack } from '../../../menus/menu-domain.js';
import { isSeenAlive } from '../../../policy/domain-state.js';
import { UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainView } from '../../wire/domain.js';
import type { GuestPart } from '../../wire/guest-name.js';
import { Listeners } from '../session/listeners.js';
import type { Logger } from '../../wire/logger.js';
import type { DomainObservation, DomainObservations } from '../access/domain-observations.js';
import type { Unsubscribe } from '../session/terminal.js';
import * as words from '../text/words.js';
import { DomainMoves, isAliveOn, movingView } from './domain-moves.js';
import type { Move } from './domain-moves.js';
import { DomainRegistry } from './domain-registry.js';
import type { FormerHost, KnownDomains, RegistryTimes } from './domain-registry.js';
import { FirstLook } from './first-look.js';
import type { HostLink } from './host-link.js';
import { HostMemory } from './host-memory.js';
import type { LastObservations } from './host-memory.js';
import type { LinkEvent } from './link-event.js';

/** A domain and the host that it is on, as last heard. */
export interface FoundDomain {
  readonly host: HostLink;
  readonly view: DomainView;
}

/** When the toolstack of its host was last asked about a domain, ISO 8601. */
export function seenAt({ host, view }: { host: Pick<HostLink, 'lookedAt'>; view: DomainView }): string {
  const { state, seenAt: told } = view.observation;
  // A look sees all domains. One that it did not see is unknown, and is told so.
  return state === 'unknown' ? told : (host.lookedAt ?? told);
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

/** The wait after a review that could not be recorded. Milliseconds. */
const REVIEW_AGAIN = 5_000;

const TEN_MINUTES = 600_000;

interface HostsOptions extends Partial<RegistryTimes> {
  /** False where another process of the gate decides which domain each name means, and records what hosts show. */
  readonly isKeeper?: boolean;
}

/** All Xen hosts of the settings. */
export class Hosts implements DomainObservations {
  readonly links: readonly HostLink[];
  readonly #log: Logger;
  readonly #listeners: Listeners<HostsEvent>;
  readonly #memory: HostMemory;
  readonly #isKeeper: boolean;
  readonly #registry: DomainRegistry;
  readonly #monotonic: () => number;
  /** The missing names that each host told, so that they are logged once. */
  readonly #missing = new Map<HostLink, string>();
  /** What each managed domain was booted with, where it was last seen to run. */
  readonly #booted = new Map<DomainName, DomainObservation['booted']>();
  #reviewAgain = -Infinity;
  readonly #firstLook: FirstLook;
  readonly #moves: DomainMoves;

  /** @param options the times of the domain registry, too; each has a default */
  constructor(
    links: readonly HostLink[],
    known: KnownDomains,
    lastObservations: LastObservations,
    log: Logger,
    options: HostsOptions = {},
  ) {
    this.#isKeeper = options.isKeeper ?? true;
    this.links = links;
    this.#log = log;
    const { graceMs = TEN_MINUTES, monotonic = () => performance.now(), clock = () => new Date() } = options;
    this.#monotonic = monotonic;
    this.#memory = new HostMemory(
      links,
      this.#isKeeper ? lastObservations : unkept(lastObservations),
      log,
      monotonic,
    );
    this.#firstLook = new FirstLook(links, this.#memory, monotonic);
    this.#moves = new DomainMoves(links, this.#memory, (domain) => this.strayOf(domain) !== null, monotonic);
    this.#registry = new DomainRegistry(known, { graceMs, monotonic, clock }, log);
    this.#listeners = new Listeners((fault) => {
      log.error({ to: 'hosts', err: fault }, 'listener.fault');
    });
    for (const host of links) {
      host.onEvent((event) => {
        this.#remember(host, event);
        this.#listeners.emit({ host, event });
      });
    }
  }

  start(): void {
    this.#firstLook.start();
    for (const link of this.links) link.start();
  }

  /** As `FirstLook.all`. */
  tried(): Promise<void> {
    return this.#firstLook.all();
  }

  /** As `FirstLook.at`. */
  firstLook(domains: readonly DomainName[]): Promise<void> | null {
    return this.#firstLook.at(domains);
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
    let best: FoundDomain | undefined;
    let bestRank = Infinity;
    for (const host of this.links) {
      const view = host.domains.get(domain);
      if (view === undefined) continue;
      const rank = (isSeenAlive(view.observation.state) ? 0 : 2) + (host.reachable ? 0 : 1);
      if (rank >= bestRank) continue;
      best = { host, view };
      bestRank = rank;
    }
    return best;
  }

  /** Where a domain is, on a host that answers. @returns a refusal when no host can be asked about it now */
  reach(domain: DomainName): FoundDomain | Refusal {
    const found = this.find(domain);
    if (found === undefined) return this.notFound(domain);
    const { host } = found;
    return host.reachable ? found : words.hostUnreachable(domain, `${host.name} is not reachable`);
  }

  /** The refusal for a domain that `find` does not find: it was never shown, or its host is not heard yet. */
  notFound(domain: DomainName): Refusal {
    switch (this.lack) {
      case 'nowhere':
        return words.notOnAnyHost(domain);
      case 'unheard':
        return words.notOnAnsweringHost(domain);
      case null:
        return words.hostUnreachable(domain, 'no host answers');
    }
  }

  /** What is known of a domain that `find` does not find; null while no host answers. */
  get lack(): Lack | null {
    if (this.areAllReachable) return 'nowhere';
    return this.links.some((link) => link.reachable) ? 'unheard' : null;
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

  /** As `DomainMoves.of`. */
  moveOf(domain: DomainName): Move | null {
    return this.#moves.of(domain);
  }

  /** As `DomainMoves.isAway`. */
  isAway(domain: DomainName): boolean {
    return this.#moves.isAway(domain);
  }

  /** The host where the domain runs now, when it runs on `from` no more; null when it is not seen elsewhere. */
  movedFrom(domain: DomainName, from: HostLink): HostLink | null {
    const host = this.find(domain)?.host;
    if (host === undefined || host === from || !isAliveOn(host, domain)) return null;
    return isAliveOn(from, domain) ? null : host;
  }

  /** The other hosts on which the domain ran, as far as this gate's store remembers. */
  ranBefore(domain: DomainName, here: HostLink): readonly FormerHost[] {
    return this.#registry
      .ranOn(domain)
      .filter(({ host }) => host !== here.name)
      .map(({ host: name, uuid, goneAt }) => ({
        name,
        uuid,
        goneAt,
        link: this.links.find((link) => link.name === name) ?? null,
      }));
  }

  /** What the domain does, for policy; unknown where its host does not say it at this moment. */
  observation(domain: DomainName): DomainObservation {
    const move = this.moveOf(domain);
    // It is paused for a moment and boots nothing: no right may hang on that.
    if (move !== null)
      return { state: move.host.reachable ? 'running' : null, booted: this.#booted.get(domain) ?? null };
    const stray = this.strayOf(domain);
    if (stray !== null) return { state: stray.host.reachable ? 'running' : null, booted: null };
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
    this.#memory.update(host, event, 'name' in more ? more.name : null);
    if (event === 'looked') return;
    const names = 'name' in more ? [more.name] : event === 'reachable' ? host.domains.keys() : [];
    for (const name of names) {
      const found = host.domains.get(name)?.observation;
      if (found !== undefined && isSeenAlive(found.state)) this.#booted.set(name, bootedOf(found.profile));
    }
    if (this.#isKeeper && (event === 'names' || event === 'reachable')) this.#tellMissing(host);
    const isNews = !('name' in more) || event === 'gone' || this.#registry.isNews(host, more.name);
    if (isNews) this.#review(event === 'domain' && 'name' in more ? more.name : null);
  }

  /** Logs once what a host lacks. Its domains are not retired for that, and somebody has to mend it. */
  #tellMissing(host: HostLink): void {
    const missing = (host.names?.missing ?? []).map(({ name, why }) => `${name}: ${why}`);
    const said = missing.join(', ');
    if ((this.#missing.get(host) ?? '') === said) return;
    this.#missing.set(host, said);
    const count = missing.length;
    if (count === 0) this.#log.info({ host: host.name }, 'host.domains-complete');
    else this.#log.error({ host: host.name, missing: missing.slice(0, 20), count }, 'host.domains-missing');
  }

  /** @param name the only one of which there is news; null: look at all */
  #review(name: DomainName | null = null): void {
    if (!this.#isKeeper || this.#monotonic() < this.#reviewAgain) return;
    try {
      if (name === null) this.#registry.review(this.links);
      else this.#registry.reviewName(this.links, name);
    } catch (fault) {
      // The store cannot be written now; a later look decides again.
      this.#reviewAgain = this.#monotonic() + REVIEW_AGAIN;
      this.#log.error({ err: fault }, 'domains.not-recorded');
    }
  }
}

/** The same memory, which another process writes. */
function unkept(memory: LastObservations): LastObservations {
  return {
    of: (host) => memory.of(host),
    leaving: () => memory.leaving(),
    record: () => undefined,
    recordLeaving: () => undefined,
  };
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
