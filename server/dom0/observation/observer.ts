import type { DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { HostNames } from '../../wire/domain.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { Logger } from '../../wire/logger.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { DomainConfigs } from '../config/domain-configs.js';
import type { HostClock } from '../scheduling/host-clock.js';
import { SharedRun } from '../scheduling/shared-run.js';
import { within } from '../scheduling/time-limit.js';
import type { Timings } from '../scheduling/timings.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { ListedDomain, Toolstack } from '../toolstack/toolstack.js';
import { DomainTracker } from './domain-tracker.js';
import type { Expectations } from './expectations.js';
import { HostNameList } from './host-name-list.js';
import { IncarnationProfiles } from './incarnation-profiles.js';
import type { KnownNames, NameSource } from './known-names.js';
import type { KnownStates } from './known-states.js';
import { LastListing } from './last-listing.js';
import { isOfLife, LocalMoves } from './local-moves.js';
import type { ObservedDomain } from './observed-domain.js';

const AGEING_MS = 1_000;
/**
 * A decision that depends on the files waits this long for changed ones to be read, then uses what is known.
 */
const REREAD_PATIENCE_MS = 3_000;
/** A look waits this long for the files to be checked, then uses what is known of them. */
const SCAN_PATIENCE_MS = 1_000;
/** A look waits this long for the domains' uptimes, then goes on without them. */
const UPTIME_PATIENCE_MS = 2_000;

const NO_UPTIMES: ReadonlyMap<number, number> = new Map();

interface ObserverParts {
  readonly toolstack: Toolstack;
  readonly configs: NameSource &
    Pick<DomainConfigs, 'fault' | 'kept' | 'note' | 'revision' | 'scan' | 'scanInTurn' | 'settled'>;
  readonly memory: KnownNames;
  readonly states: KnownStates;
  readonly profiles: BootProfiles;
  readonly expectations: Expectations;
  readonly settings: { readonly intervalSeconds: number; readonly goneAfterSeconds: number };
  readonly timings: Timings;
  readonly logger: Logger;
  /** The time of day, milliseconds since the epoch. */
  readonly clock: () => number;
  readonly host: HostClock;
}

export interface ObserverEvents {
  /** Something about this domain changed. */
  seen(domain: ObservedDomain): void;
  /** It was looked at again, and nothing has changed, but for what it uses. @param isUsedMore whether that has */
  seenAgain(domain: ObservedDomain, isUsedMore: boolean): void;
  gone(name: DomainName): void;
  /** The settings do not have the domain managed any more. It may come back as it was. */
  dropped?(name: DomainName): void;
  /** The other, missing or gone names changed. */
  names(names: HostNames): void;
  /** The toolstack has answered, and every domain is as it was listed and told. */
  looked?(): void;
}

interface NewSettings {
  /** Whether the files were looked at by them. */
  areLookedBy: boolean;
}

/** Looks at the toolstack and the configuration files in one loop, and publishes what it sees. */
export class Observer {
  readonly #parts: ObserverParts;
  readonly #events: ObserverEvents;
  readonly #profiles: IncarnationProfiles;
  readonly #trackers = new Map<DomainName, DomainTracker>();
  readonly #names: HostNameList;
  readonly #moves: LocalMoves;
  readonly #rounds = new SharedRun(() =>
    this.#round().finally(() => {
      this.#roundAt = this.#parts.host.uptime();
    }),
  );
  #cancelRound: () => void = () => undefined;
  #cancelAgeing: () => void = () => undefined;
  #stopped = false;
  /** What the files said when they were taken in last. */
  #adopted: number | null = null;
  #roundAt: number;
  readonly #listing: LastListing;
  /** The settings that came last, until the domains that they do not have managed are gone. */
  #newSettings: NewSettings | null = null;
  /** The domains that go when the operation on them has ended. */
  #leaving: ReadonlySet<DomainName> = new Set();

  constructor(parts: ObserverParts, events: ObserverEvents) {
    this.#parts = parts;
    this.#roundAt = parts.host.uptime();
    this.#listing = new LastListing(parts.logger);
    this.#profiles = new IncarnationProfiles(parts);
    this.#names = new HostNameList(parts, (name) => this.#trackers.has(name as DomainName));
    this.#moves = new LocalMoves((name) => parts.states.life(name));
    this.#events = events;
  }

  /** Looks once, then every interval until stopped. */
  async start(): Promise<void> {
    await this.look();
    this.#keepAgeing();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRound();
    this.#cancelAgeing();
  }

  /**
   * Looks now: what is known afterwards was seen after this call. @returns the refusal when
   * the toolstack did not answer
   */
  look(): Promise<Refusal | null> {
    return this.#rounds.get();
  }

  /** Milliseconds since the toolstack's last answer; null: it has not answered yet. */
  get age(): number | null {
    const { answeredAt } = this.#listing;
    return answeredAt === null ? null : this.#parts.host.uptime() - answeredAt;
  }

  /** Milliseconds since a look ended last, with or without an answer of the toolstack. */
  get sinceRound(): number {
    return this.#parts.host.uptime() - this.#roundAt;
  }

  /** Why the toolstack did not answer when it was last asked; null when it did. */
  get silence(): string | null {
    return this.#listing.silence;
  }

  /**
   * Reads the files as they are now, because an admin may have just changed one. Waits a little for
   * the toolstack's dry runs.
   */
  async reread(): Promise<void> {
    const { configs, host } = this.#parts;
    await within(
      host,
      REREAD_PATIENCE_MS,
      configs.scan().then(() => configs.settled()),
    );
    this.#adopt();
  }

  /** Whether files are not read yet: a name that is not known may stand in one of them. */
  get isReading(): boolean {
    return this.#parts.configs.isReading === true;
  }

  find(name: DomainName): ObservedDomain | undefined {
    return this.#trackers.get(name)?.seen;
  }

  /**
   * The last listing of this name, even when its configuration file is missing: an operation that has
   * begun must be able to finish.
   */
  listed(name: DomainName): ListedDomain | null {
    return this.#listing.guest(name);
  }

  /** The last listing of a guest, whether it is managed or not. */
  guest(name: GuestName): ListedDomain | null {
    return this.#listing.guest(name);
  }

  /** Whether the last listing has a guest with this UUID, under any name. */
  isListed(uuid: string): boolean {
    return this.#listing.hasUuid(uuid);
  }

  list(): readonly ObservedDomain[] {
    return [...this.#trackers.values()].map(({ seen }) => seen);
  }

  /**
   * The settings name other files, or other names. What is managed no more goes as it does over a restart, at the next
   * look at the files. A domain with an operation under way goes when that has ended.
   */
  takeSettings(): void {
    this.#newSettings = { areLookedBy: false };
  }

  /** Whether the domain is here only for the operation under way on it. */
  isLeaving(name: DomainName): boolean {
    return this.#leaving.has(name);
  }

  /** The names besides the domains: guests that are not managed, and names that are missing or gone. */
  names(): HostNames {
    return this.#names.get();
  }

  /**
   * Whether the domain exists here under another name than its own, as during a migration in or out: creating
   * it then would run it twice. Uses the last listing.
   *
   * @returns that guest's name, null when there is none
   */
  onTheWay(name: DomainName): GuestName | null {
    return this.#names.onTheWay(name);
  }

  /**
   * Whether this incarnation goes on in the one that exists now, under another domid: `xl migrate` moved it
   * within this host. Uses the last listing.
   */
  goesOn(name: DomainName, incarnation: Incarnation): boolean {
    return isOfLife(this.#moves.of(name), incarnation);
  }

  #keepAgeing(): void {
    if (this.#stopped) return;
    this.#cancelAgeing = this.#parts.host.after(AGEING_MS, () => {
      this.#age();
      this.#keepAgeing();
    });
  }

  #schedule(): void {
    if (this.#stopped) return;
    const restless = [...this.#trackers.values()].some(({ isRestless }) => isRestless);
    const { timings, settings } = this.#parts;
    const wait = restless
      ? Math.min(timings.poll, settings.intervalSeconds * 1000)
      : settings.intervalSeconds * 1000;
    this.#cancelRound = this.#parts.host.after(wait, () => {
      this.look().then(
        () => {
          this.#schedule();
        },
        (error: unknown) => {
          this.#parts.logger.error({ err: error }, 'observer.fault');
          this.#schedule();
        },
      );
    });
  }

  async #round(): Promise<Refusal | null> {
    const { configs, memory, settings, host } = this.#parts;
    // A look that was under way when settings came did not go by them.
    const taken = this.#newSettings;
    const looked = configs.scanInTurn(host.uptime()).then(() => true);
    if ((await within(host, SCAN_PATIENCE_MS, looked)) === true && taken !== null) taken.areLookedBy = true;
    this.#adopt();
    const listed = await this.#parts.toolstack.list();
    const now = host.uptime();
    if (isRefusal(listed)) {
      this.#names.listed(null);
      this.#listing.silent(listed);
      this.#adopt();
      this.#age();
      await memory.judge(configs, () => true, settings.goneAfterSeconds * 1000, now, this.#parts.clock());
      await this.#tellNames();
      return listed;
    }
    const byName = this.#listing.answered(listed, now);
    this.#names.listed(new Set(byName.keys()));
    this.#adopt();
    const isManaged = (name: GuestName): boolean => this.#trackers.has(name as DomainName);
    const moves = this.#moves.see(this.#trackers.keys(), { listed: byName, isManaged });
    const boots = await this.#profiles.find(this.list(), byName, now, moves);
    // An operation that began before a reload makes the guest anew between two looks.
    const exists = (name: DomainName): boolean => byName.has(name) || this.#leaving.has(name);
    for (const name of await memory.judge(
      configs,
      exists,
      settings.goneAfterSeconds * 1000,
      now,
      this.#parts.clock(),
    ))
      this.#forget(name);
    const uptimes = await this.#uptimesOf(byName);
    const at = new Date(this.#parts.clock()).toISOString();
    for (const [name, tracker] of this.#trackers) {
      const domain = byName.get(name) ?? null;
      const uptime = domain === null ? undefined : uptimes.get(domain.domid);
      const move = moves.get(name) ?? null;
      const life = this.#moves.of(name);
      const sight = tracker.see({ listed: domain, boot: boots.get(name), uptime, now, at, move, life });
      if (sight === 'changed') this.#events.seen(tracker.seen);
      else if (sight !== 'nothing') this.#events.seenAgain(tracker.seen, sight === 'load');
    }
    this.#events.looked?.();
    await this.#tellNames();
    return null;
  }

  /** Asks only when a domain is listed whose state was unknown until now. */
  async #uptimesOf(listed: ReadonlyMap<GuestName, ListedDomain>): Promise<ReadonlyMap<number, number>> {
    const isNew = this.list().some(
      ({ name, observation }) => observation.state === 'unknown' && listed.has(name),
    );
    if (!isNew) return NO_UPTIMES;
    const { toolstack, logger, host } = this.#parts;
    const uptimes = await within(host, UPTIME_PATIENCE_MS, toolstack.uptimes());
    if (uptimes !== null && !isRefusal(uptimes)) return uptimes;
    logger.warn({ detail: uptimes?.detail ?? 'no answer in time' }, 'toolstack.no-uptimes');
    return NO_UPTIMES;
  }

  #forget(name: DomainName): void {
    this.#unfollow(name);
    this.#parts.states.forget(name);
    this.#events.gone(name);
  }

  async #tellNames(): Promise<void> {
    const names = this.#names.changed();
    if (names !== null) this.#events.names(names);
    this.#parts.states.save();
    await this.#parts.memory.save();
  }

  /**
   * Adds the names that are in the files now. A name that is in them no more stays until it is gone. The
   * memory learns of them first: a file is read at any moment, and a name that came back must never be told
   * without its new `since`, or it passes for the earlier domain.
   */
  #adopt(): void {
    const { configs, memory, clock } = this.#parts;
    const { revision } = configs;
    if (revision === this.#adopted && this.#newSettings === null && this.#leaving.size === 0) return;
    this.#adopted = revision;
    for (const name of memory.see(configs, clock())) this.#forget(name);
    const current = new Map<DomainName, DomainConfig>();
    for (const config of [...configs.list(), ...configs.kept()]) {
      const tracker = this.#trackers.get(config.name);
      if (tracker === undefined) this.#trackers.set(config.name, new DomainTracker(this.#parts, config));
      // A kept configuration is no newer than the known one.
      else if (configs.find(config.name) === config) current.set(config.name, config);
    }
    for (const [name, tracker] of this.#trackers)
      tracker.configure({
        config: current.get(name) ?? tracker.seen.config,
        fault: configs.fault(name),
        configured: memory.configured(name),
      });
    if (this.#newSettings?.areLookedBy === true || this.#leaving.size > 0) this.#drop();
  }

  /** A file that is not read yet may be that of any name. */
  #drop(): void {
    const { configs, expectations } = this.#parts;
    if (configs.isReading === true) return;
    const managed = new Set([...configs.list(), ...configs.kept()].map(({ name }) => name));
    const isNew = this.#newSettings?.areLookedBy === true;
    const going = [...(isNew ? this.#trackers.keys() : this.#leaving)].filter((name) => !managed.has(name));
    if (isNew) this.#newSettings = null;
    this.#leaving = new Set(going.filter((name) => expectations.isUnderWay(name)));
    for (const name of going.filter((one) => !this.#leaving.has(one))) {
      this.#unfollow(name);
      this.#events.dropped?.(name);
    }
  }

  #unfollow(name: DomainName): void {
    this.#trackers.delete(name);
    this.#moves.forget(name);
    this.#profiles.forget(name);
  }

  /** Also runs while a listing hangs: an observation that is too old becomes `unknown`. */
  #age(): void {
    const now = this.#parts.host.uptime();
    const { answeredAt } = this.#listing;
    const stale = answeredAt === null || now - answeredAt >= this.#parts.timings.stale;
    if (!stale) return;
    for (const tracker of this.#trackers.values()) if (tracker.expire(now)) this.#events.seen(tracker.seen);
  }
}
