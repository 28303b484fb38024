import type { CustomerName, DomainName } from '../../../policy/names.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { Logger } from '../../wire/logger.js';
import type { AuditNotifier } from '../audit/audit-notifier.js';
import type { Hosts, HostsEvent } from '../hosts/hosts.js';
import { domainsOf } from '../hosts/link-event.js';
import { Background } from '../scheduling/background.js';
import { SlicedQueue } from '../scheduling/sliced-queue.js';
import { Slices } from '../scheduling/slices.js';
import { domainLook, loadWord, whenStale } from './domain-look.js';
import type { DomainLook } from './domain-look.js';
import { MenuNews } from './menu-news.js';
import { Entry, type ShowingMenu } from './showing-menu.js';

export interface ShownDomainsParts {
  readonly hosts: Pick<Hosts, 'onEvent' | 'find' | 'lack' | 'strayOf' | 'moveOf' | 'observation'>;
  readonly news: Pick<AuditNotifier, 'onNews'>;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** In which menus are told of changes, and of what can wait. */
  readonly slices?: Slices;
  readonly background?: Pick<Background, 'run'>;
}

/** See `ShownDomains.show`. */
interface Showing {
  readonly limited: boolean;
  readonly later?: boolean;
}

/** A domain that at least one menu shows, as it looked last. */
interface Shown extends Writable<DomainLook> {
  readonly name: DomainName;
  readonly menus: Set<Entry>;
  /** Looks at it again. */
  readonly review: () => void;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Milliseconds. */
const TICK = 1_000;
/** A limit that refuses something may have room again after a while. Milliseconds. */
const LIMITS_AGAIN = 5_000;
/** A menu rests when it was not touched for one to two of these. Milliseconds. */
const REST = 10_000;

/**
 * The domains that menus show, and which menus show each. Hosts speak of each domain every few seconds. Here
 * it is looked at once for all menus, and only the menus that show it hear when it looks different. One clock
 * serves all. So a menu that nobody touches costs nothing while its domains stay as they are.
 */
export class ShownDomains {
  readonly #parts: ShownDomainsParts;
  readonly #now: () => number;
  readonly #news: MenuNews<Entry>;
  readonly #slices: Slices;
  readonly #reviews: SlicedQueue;
  /** Menus for which time has passed. Each hears it once, however many of its domains it passed for. */
  readonly #passed = new Set<Entry>();
  readonly #guard: FaultGuard;
  /** By domain. */
  readonly #shown = new Map<string, Shown>();
  readonly #ofCustomer = new Map<CustomerName, Set<Entry>>();
  /** Menus that add their domains one by one. */
  readonly #adding = new Set<Entry>();
  /** Menus to which a limit refuses something. */
  readonly #limited = new Set<Entry>();
  /** Menus that were touched since the last sweep, and those that were touched before it. */
  #touched = new Set<Entry>();
  #restSoon = new Set<Entry>();
  #clock: NodeJS.Timeout | null = null;
  #limitsAt = 0;
  #restAt = 0;
  #menus = 0;

  constructor(parts: ShownDomainsParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#slices = parts.slices ?? new Slices();
    this.#news = new MenuNews(this.#slices, parts.background ?? new Background());
    this.#guard = new FaultGuard(parts.log);
    this.#reviews = new SlicedQueue(this.#slices, (fault) => {
      parts.log.error({ err: fault }, 'menu.domain-not-looked-at');
    });
    parts.hosts.onEvent((event) => {
      this.#heard(event);
    });
    parts.news.onNews(({ customers, domains }) => {
      this.#named(customers, domains);
    });
  }

  /** How many menus there are. */
  get menus(): number {
    return this.#menus;
  }

  join(menu: ShowingMenu): Entry {
    const entry = new Entry(menu);
    const own = this.#ofCustomer.get(menu.customer) ?? new Set();
    this.#ofCustomer.set(menu.customer, own.add(entry));
    this.#menus += 1;
    this.touched(entry);
    this.#clock ??= setInterval(
      this.#guard.on('menus', () => {
        this.tick();
      }),
      TICK,
    ).unref();
    return entry;
  }

  /** Twice is harmless. */
  leave(entry: Entry): void {
    const own = this.#ofCustomer.get(entry.menu.customer);
    if (own?.delete(entry) !== true) return;
    if (own.size === 0) this.#ofCustomer.delete(entry.menu.customer);
    this.show(entry, [], { limited: false });
    this.#touched.delete(entry);
    this.#restSoon.delete(entry);
    this.#news.forget(entry);
    this.#passed.delete(entry);
    this.#menus -= 1;
    if (this.#menus === 0) this.close();
  }

  /**
   * Says what a menu shows now.
   *
   * @param limited whether a limit refuses something on one of them
   * @param later the menu calls `add` for each of them, before it makes that domain: thousands take many turns
   */
  show(entry: Entry, names: readonly DomainName[], { limited, later = false }: Showing): void {
    if (limited) this.#limited.add(entry);
    else this.#limited.delete(entry);
    const wasAdding = this.#adding.delete(entry);
    if (later) this.#adding.add(entry);
    const before = entry.names;
    const isSame =
      before === names || (before.length === names.length && before.every((name, at) => name === names[at]));
    if (isSame && !wasAdding) return;
    entry.names = names;
    const kept = new Set(names);
    for (const name of before) if (!kept.has(name)) this.#leaves(entry, name);
    if (!later) for (const name of names) this.add(entry, name);
  }

  /** Looks at a domain, unless it is shown already. The menu hears how it looks different from now on. */
  add(entry: Entry, name: DomainName): void {
    this.#domain(name).menus.add(entry);
  }

  /** Somebody typed. */
  touched(entry: Entry): void {
    this.#touched.add(entry);
  }

  /** Looks at what time changes. Called each second. */
  tick(): void {
    const now = this.#now();
    const due: (() => void)[] = [];
    for (const shown of this.#shown.values()) if (this.#isDue(shown, now)) due.push(shown.review);
    this.#reviews.addAll(due);
    if (Math.abs(now - this.#limitsAt) >= LIMITS_AGAIN) {
      this.#limitsAt = now;
      this.#news.tell(this.#limited, 'rightsChanged');
    }
    if (Math.abs(now - this.#restAt) >= REST) {
      this.#restAt = now;
      const resting = [...this.#restSoon].filter((entry) => !this.#touched.has(entry));
      this.#restSoon = this.#touched;
      this.#touched = new Set();
      this.#news.tell(resting, 'rest');
    }
  }

  /** Stops the clock; the next menu starts it again. */
  close(): void {
    if (this.#clock !== null) clearInterval(this.#clock);
    this.#clock = null;
  }

  #heard({ event }: HostsEvent): void {
    // An operation shows in its domain, whose event comes as well.
    if (event.event === 'operation') return;
    if (event.event === 'looked') this.#looked(event.loads);
    else if ('name' in event)
      this.#reviewAll(domainsOf(event.name).flatMap((name) => this.#shown.get(name) ?? []));
    else {
      // Another contract may offer other verbs and profiles.
      if (event.event === 'reachable') for (const shown of this.#shown.values()) shown.look = '';
      this.#reviewAll(this.#shown.values());
    }
  }

  /** Nothing but loads has changed, of as many domains as the host has. Few loads read differently. */
  #looked(loads: readonly DomainName[]): void {
    let at = 0;
    if (this.#shown.size === 0 || loads.length === 0) return;
    void this.#slices.run(() => {
      const name = loads[at];
      at += 1;
      const shown = name === undefined ? undefined : this.#shown.get(name);
      if (shown !== undefined && loadWord(this.#parts.hosts.find(shown.name)) !== shown.load)
        this.#reviews.add(shown.review);
      return at < loads.length;
    });
  }

  #reviewAll(domains: Iterable<Shown>): void {
    this.#reviews.addAll(Array.from(domains, ({ review }) => review));
  }

  /** Hosts look at most domains long before their states are old. */
  #isDue(shown: Shown, now: number): boolean {
    if (shown.dueAt <= now) return true;
    if (shown.moves || shown.staleAt > now) return false;
    shown.staleAt = whenStale(this.#parts.hosts.find(shown.name));
    return shown.staleAt <= now;
  }

  #named(customers: ReadonlySet<CustomerName>, domains: ReadonlySet<string>): void {
    const entries = new Set<Entry>();
    for (const name of customers) for (const entry of this.#ofCustomer.get(name) ?? []) entries.add(entry);
    for (const name of domains) for (const entry of this.#shown.get(name)?.menus ?? []) entries.add(entry);
    for (const entry of this.#adding) if (entry.names.some((name) => domains.has(name))) entries.add(entry);
    this.#news.tell(entries, 'rightsChanged');
  }

  #domain(name: DomainName): Shown {
    const known = this.#shown.get(name);
    if (known !== undefined) return known;
    const shown: Shown = {
      ...domainLook(this.#parts.hosts, name, this.#now()),
      name,
      menus: new Set(),
      review: () => {
        this.#review(shown);
      },
    };
    this.#shown.set(name, shown);
    return shown;
  }

  #leaves(entry: Entry, name: DomainName): void {
    const shown = this.#shown.get(name);
    shown?.menus.delete(entry);
    if (shown?.menus.size === 0) this.#shown.delete(name);
  }

  #review(shown: Shown): void {
    const now = this.#now();
    const before = { ...shown };
    const wasDue = before.dueAt <= now || (!before.moves && before.staleAt <= now);
    Object.assign(shown, domainLook(this.#parts.hosts, shown.name, now));
    const isTimeUp = shown.moves && wasDue;
    // A host that speaks often must not put off what counts each second.
    if (shown.moves && !wasDue) shown.dueAt = Math.min(before.dueAt, shown.dueAt);
    const isNew = shown.look !== before.look;
    if (isNew || shown.seen !== before.seen) for (const entry of shown.menus) entry.note(shown.name);
    if (isNew) this.#news.tell(shown.menus, 'changed');
    else if (shown.age !== before.age || shown.seen !== before.seen || isTimeUp) {
      for (const entry of shown.menus) this.#passed.add(entry);
      this.#reviews.add(this.#tellPassed);
    }
  }

  /** Comes behind the domains that wait to be looked at. */
  readonly #tellPassed = (): void => {
    const passed = [...this.#passed];
    this.#passed.clear();
    this.#news.tell(passed, 'timePassed');
  };
}
