import { setTimeout as pause } from 'node:timers/promises';
import { UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { AuditUnavailable } from '../../store/store-error.js';
import type { SeenHost } from '../../store/sightings.js';
import type { DomainView } from '../../wire/domain.js';
import { Listeners } from '../listeners.js';
import type { Log } from '../log.js';
import type { Sight, Sights } from '../sights.js';
import type { Unsubscribe } from '../terminal.js';
import * as words from '../words.js';
import type { HostLink, LinkEvent } from './host-link.js';

/** The store's memory of which domains there are. */
export interface KnownDomains {
  seen(names: readonly DomainName[]): void;
  gone(name: DomainName): boolean;
  list(): readonly { readonly name: DomainName }[];
}

/** The store's memory of what each host showed when it was heard last. */
export interface LastSightings {
  of(host: SeenHost): ReadonlySet<DomainName> | null;
  /** @throws AuditUnavailable */
  record(host: SeenHost, names: readonly DomainName[]): void;
}

/** A domain and the host that it is on, as last heard. */
export interface Found {
  readonly host: HostLink;
  readonly view: DomainView;
}

export interface HostsEvent {
  readonly host: HostLink;
  readonly event: LinkEvent;
}

/** News come by the hundred: what cannot be written is not tried at each of them. Milliseconds. */
const SIGHT_AGAIN = 60_000;

/** All Xen hosts of the settings. */
export class Hosts implements Sights {
  readonly links: readonly HostLink[];
  readonly #known: KnownDomains;
  readonly #log: Log;
  readonly #listeners: Listeners<HostsEvent>;
  readonly #sightings: LastSightings;
  /** What each host showed before this gate started; null: it was never heard. */
  readonly #before: ReadonlyMap<HostLink, ReadonlySet<DomainName> | null>;
  /** What the store was told of each host. */
  readonly #sighted = new Map<HostLink, ReadonlySet<DomainName>>();
  /** When what could not be written is tried again. Milliseconds since the epoch. */
  #sightAgain = 0;
  /** What the store was told of last, so that it is not told the same every two seconds. */
  #told = new Set<DomainName>();

  constructor(links: readonly HostLink[], known: KnownDomains, sightings: LastSightings, log: Log) {
    this.links = links;
    this.#known = known;
    this.#sightings = sightings;
    this.#before = new Map(links.map((link) => [link, sightings.of(link)]));
    this.#log = log;
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

  /** Settles when each host was tried once, or after so many milliseconds: a host that hangs keeps nobody out. */
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

  /** Whether every host is heard: only then is a domain that none of them has known to be gone. */
  get allReachable(): boolean {
    return this.links.every((link) => link.reachable);
  }

  /** Where a domain is. Of several hosts that have its configuration the one counts where it lives. */
  find(domain: DomainName): Found | undefined {
    const found = this.links.flatMap((host) => {
      const view = host.domains.get(domain);
      return view === undefined ? [] : [{ host, view }];
    });
    return (
      found.find(({ host, view }) => host.reachable && lives(view)) ??
      found.find(({ view }) => lives(view)) ??
      found.find(({ host }) => host.reachable) ??
      found[0]
    );
  }

  /** What the domain does, for policy: what its host does not say at this moment is not known. */
  sight(domain: DomainName): Sight {
    return sightOf(this.find(domain), { reachable: true });
  }

  /** The same as it was last heard. */
  lastSight(domain: DomainName): Sight {
    return sightOf(this.find(domain), { reachable: false });
  }

  /**
   * Whether creating it on this host could make it run twice: another host shows it running, or may be running it
   * and does not answer. One that was not heard since the gate started has what it had when it was heard last, by the
   * store; that says something only of a domain that was here by then.
   */
  mayRunElsewhere(domain: DomainName, here: HostLink): Refusal | null {
    for (const other of this.links) {
      if (other === here) continue;
      const view = other.domains.get(domain);
      if (view !== undefined && lives(view)) return words.maybeElsewhere(domain, other.name, other.reachable);
      if (!other.reachable && (other.everHeard ? view !== undefined : this.#mayHave(other, domain, here))) {
        return words.maybeElsewhere(domain, other.name, false);
      }
    }
    return null;
  }

  /** Of a host that was not heard since the gate started. */
  #mayHave(other: HostLink, domain: DomainName, here: HostLink): boolean {
    const had = this.#before.get(other) ?? null;
    return had === null || had.has(domain) || this.#before.get(here)?.has(domain) !== true;
  }

  #sight(host: HostLink): void {
    const names = [...host.domains.keys()];
    const sighted = this.#sighted.get(host);
    if (sighted?.size === names.length && names.every((name) => sighted.has(name))) return;
    if (Date.now() < this.#sightAgain) return;
    try {
      this.#sightings.record(host, names);
      this.#sighted.set(host, new Set(names));
    } catch (fault) {
      if (!(fault instanceof AuditUnavailable)) throw fault;
      this.#sightAgain = Date.now() + SIGHT_AGAIN;
      this.#log.error({ host: host.name, err: fault }, 'what the host shows could not be recorded');
    }
  }

  #remember(host: HostLink, event: LinkEvent): void {
    if (event.event !== 'reachable' && event.event !== 'gone' && event.event !== 'domain') return;
    try {
      this.#sight(host);
      if (event.event === 'domain') {
        if (!this.#told.has(event.name)) this.#seen();
        return;
      }
      this.#seen();
      if (this.allReachable) this.#retire();
    } catch (fault) {
      // The store cannot be written just now; the next list tells it again.
      this.#told = new Set();
      this.#log.error({ err: fault }, 'which domains there are could not be recorded');
    }
  }

  #seen(): void {
    const names = new Set(this.links.flatMap((link) => [...link.domains.keys()]));
    if ([...names].some((name) => !this.#told.has(name))) this.#known.seen([...names]);
    this.#told = names;
  }

  #retire(): void {
    // Those that are retired already as well: a role given since then must not wait for the name's next domain
    // when the name came back in between and went again.
    for (const { name } of this.#known.list()) {
      if (this.#told.has(name)) continue;
      if (this.#known.gone(name))
        this.#log.info({ domain: name }, 'the domain is gone from all hosts and is retired');
    }
  }
}

function sightOf(found: Found | undefined, wanted: { readonly reachable: boolean }): Sight {
  if (found === undefined || (wanted.reachable && !found.host.reachable))
    return { state: null, booted: null };
  const { state, profile } = found.view.observation;
  return {
    state: state === 'unknown' ? null : state,
    booted: profile === UNKNOWN_PROFILE ? null : profile,
  };
}

/** Anything but off: what is not known may well be running. */
export function lives(view: DomainView): boolean {
  return view.observation.state !== 'off' && view.observation.state !== 'unknown';
}
