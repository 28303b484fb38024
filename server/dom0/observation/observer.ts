import { NORMAL, UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { MOST_NAMES } from '../../wire/domain.js';
import type { Configured, HostNames, Observation } from '../../wire/domain.js';
import { namesOnTheWay } from '../../wire/guest-name.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { DomainState } from '../../../policy/domain-state.js';
import { CpuGauge } from './cpu-gauge.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { DomainConfigs } from '../config/domain-configs.js';
import type { Logger } from '../../wire/logger.js';
import type { Expectations } from './expectations.js';
import type { HostClock } from '../scheduling/host-clock.js';
import { IncarnationProfiles } from './incarnation-profiles.js';
import { NO_MEMORY, observedState } from './observed-state.js';
import type { StateMemory } from './observed-state.js';
import type { KnownNames, NameSource } from './known-names.js';
import type { Timings } from '../scheduling/timings.js';
import type { KnownStates } from './known-states.js';
import { SharedRun } from '../scheduling/shared-run.js';
import type { ListedDomain, Toolstack } from '../toolstack/toolstack.js';
import type { Incarnation } from '../toolstack/incarnation.js';

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

/** A managed domain as it was last seen. */
export interface ObservedDomain {
  readonly name: DomainName;
  readonly config: DomainConfig;
  readonly observation: Observation;
  readonly listed: ListedDomain | null;
  readonly incarnation: Incarnation | null;
  readonly cpuPercent: number | null;
  readonly configured: Configured;
  /** Why its configuration files forbid any change to it. */
  readonly fault?: Refusal | null;
}

interface Entry {
  seen: ObservedDomain;
  memory: StateMemory;
  toldAt: number;
  readonly cpu: CpuGauge;
}

interface ObserverParts {
  readonly toolstack: Toolstack;
  readonly configs: NameSource & Pick<DomainConfigs, 'fault' | 'kept' | 'note' | 'scan' | 'settled'>;
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
  /** Something about this domain changed, or it was looked at again. */
  seen(domain: ObservedDomain): void;
  gone(name: DomainName): void;
  /** The other, missing or gone names changed. */
  names(names: HostNames): void;
}

/** Looks at the toolstack and the configuration files in one loop, and publishes what it sees. */
export class Observer {
  readonly #parts: ObserverParts;
  readonly #events: ObserverEvents;
  readonly #profiles: IncarnationProfiles;
  readonly #entries = new Map<DomainName, Entry>();
  readonly #rounds = new SharedRun(() => this.#round());
  #cancelRound: () => void = () => undefined;
  #cancelAgeing: () => void = () => undefined;
  #stopped = false;
  #answeredAt: number | null = null;
  #failing: string | null = null;
  /** The guests of the last listing; null: the toolstack does not answer. */
  #guests: ReadonlySet<GuestName> | null = null;
  /** The toolstack's last successful listing. */
  #listed: ReadonlyMap<GuestName, ListedDomain> = new Map();
  #named = '';
  #missed = '';

  constructor(parts: ObserverParts, events: ObserverEvents) {
    this.#parts = parts;
    this.#profiles = new IncarnationProfiles(parts);
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
    return this.#answeredAt === null ? null : this.#parts.host.uptime() - this.#answeredAt;
  }

  /**
   * Reads the files as they are now, because an admin may have just changed one. Waits a little for
   * the toolstack's dry runs.
   */
  async reread(): Promise<void> {
    const { configs } = this.#parts;
    await this.#within(
      REREAD_PATIENCE_MS,
      configs.scan().then(() => configs.settled()),
    );
    this.#adopt();
  }

  find(name: DomainName): ObservedDomain | undefined {
    return this.#entries.get(name)?.seen;
  }

  /**
   * The last listing of this name, even when its configuration file is missing: an operation that has
   * begun must be able to finish.
   */
  listed(name: DomainName): ListedDomain | null {
    return this.#listed.get(name) ?? null;
  }

  list(): readonly ObservedDomain[] {
    return [...this.#entries.values()].map(({ seen }) => seen);
  }

  /** The names besides the domains: guests that are not managed, and names that are missing or gone. */
  names(): HostNames {
    const { memory } = this.#parts;
    const others =
      this.#guests === null ? null : [...this.#guests].filter((name) => !this.#manages(name)).sort();
    return {
      // A list that would be too long for the wire is sent as unknown.
      others: others === null || others.length > MOST_NAMES ? null : others,
      missing: memory
        .missing()
        .slice(0, MOST_NAMES)
        .map((one) => ({ ...one, ...this.#noteOn(one.name) })),
      gone: memory.gone(),
    };
  }

  /**
   * Whether the domain exists here under another name than its own, as during a migration in or out: creating
   * it then would run it twice. Uses the last listing.
   *
   * @returns that guest's name, null when there is none
   */
  onTheWay(name: DomainName): GuestName | null {
    return (
      namesOnTheWay(name).find((guest) => this.#guests?.has(guest) === true && !this.#manages(guest)) ?? null
    );
  }

  #noteOn(name: DomainName): { readonly note?: string } {
    const note = this.#parts.configs.note(name);
    return note === undefined ? {} : { note };
  }

  #manages(name: GuestName): boolean {
    return this.#entries.has(name as DomainName);
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
    const restless = [...this.#entries.values()].some(
      ({ seen, memory }) => memory.returningSince !== null || (memory.wasUp && seen.listed === null),
    );
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
    const { configs, memory, settings } = this.#parts;
    await this.#within(SCAN_PATIENCE_MS, configs.scan());
    for (const name of memory.see(configs, this.#parts.clock())) this.#forget(name);
    const listed = await this.#parts.toolstack.list();
    const now = this.#parts.host.uptime();
    if (isRefusal(listed)) {
      this.#guests = null;
      this.#silence(listed);
      await memory.judge(configs, () => true, settings.goneAfterSeconds * 1000, now, this.#parts.clock());
      await this.#tellNames();
      return listed;
    }
    if (this.#failing !== null) this.#parts.logger.info({}, 'toolstack.answers');
    this.#failing = null;
    this.#answeredAt = now;
    const byName = new Map<GuestName, ListedDomain>(listed.map((domain) => [domain.name, domain]));
    this.#guests = new Set(byName.keys());
    this.#listed = byName;
    this.#adopt();
    const managed = [...this.#entries.values()].map(({ seen }) => seen);
    const profiles = await this.#profiles.find(managed, byName, now);
    const exists = (name: DomainName): boolean => byName.has(name);
    for (const name of await memory.judge(
      configs,
      exists,
      settings.goneAfterSeconds * 1000,
      now,
      this.#parts.clock(),
    ))
      this.#forget(name);
    const uptimes = await this.#uptimesOf(byName);
    for (const [name, entry] of this.#entries) {
      const domain = byName.get(name) ?? null;
      const uptime = domain === null ? undefined : uptimes.get(domain.domid);
      this.#see(entry, domain, profiles.get(name), now, uptime);
    }
    await this.#tellNames();
    return null;
  }

  /** Asks only when a domain is listed whose state was unknown until now. */
  async #uptimesOf(listed: ReadonlyMap<GuestName, ListedDomain>): Promise<ReadonlyMap<number, number>> {
    const isNew = [...this.#entries.values()].some(
      ({ seen }) => seen.observation.state === 'unknown' && listed.has(seen.name),
    );
    if (!isNew) return NO_UPTIMES;
    const { toolstack, logger } = this.#parts;
    const uptimes = await this.#within(UPTIME_PATIENCE_MS, toolstack.uptimes());
    if (uptimes !== null && !isRefusal(uptimes)) return uptimes;
    logger.warn({ detail: uptimes?.detail ?? 'no answer in time' }, 'toolstack.no-uptimes');
    return NO_UPTIMES;
  }

  /** @param ms the longest wait @returns null when the work takes longer; the work goes on */
  async #within<T>(ms: number, work: Promise<T>): Promise<T | null> {
    let cancel: () => void = () => undefined;
    const late = new Promise<null>((resolve) => {
      cancel = this.#parts.host.after(ms, () => {
        resolve(null);
      });
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }

  /** @param ago seconds */
  #timeOfDay(ago = 0): string {
    return new Date(this.#parts.clock() - ago * 1000).toISOString();
  }

  #forget(name: DomainName): void {
    this.#entries.delete(name);
    this.#parts.states.forget(name);
    this.#events.gone(name);
  }

  async #tellNames(): Promise<void> {
    const names = this.names();
    const told = JSON.stringify(names);
    if (told !== this.#named) {
      this.#events.names(names);
      const missing = names.missing.map(({ name, why }) => `${name}: ${why}`);
      if (missing.join() !== this.#missed && (missing.length > 0 || this.#missed !== ''))
        this.#parts.logger.warn({ missing: missing.slice(0, 20), count: missing.length }, 'domains.missing');
      this.#missed = missing.join();
    }
    this.#named = told;
    this.#parts.states.save();
    await this.#parts.memory.save();
  }

  /** Adds the names that are in the files now. A name that is in them no more stays until it is gone. */
  #adopt(): void {
    const { configs, memory } = this.#parts;
    for (const entry of this.#entries.values()) {
      const fault = configs.fault(entry.seen.name);
      entry.seen = { ...entry.seen, fault, configured: memory.configured(entry.seen.name) };
    }
    for (const config of [...configs.list(), ...configs.kept()]) {
      const entry = this.#entries.get(config.name);
      const fault = configs.fault(config.name);
      if (entry !== undefined) {
        // A kept configuration is no newer than the known one.
        if (configs.find(config.name) === config) entry.seen = { ...entry.seen, config };
        continue;
      }
      const at = this.#timeOfDay();
      const observation = { state: 'unknown', profile: NORMAL, since: at, seenAt: at } as const;
      this.#entries.set(config.name, {
        seen: {
          name: config.name,
          config,
          observation,
          listed: null,
          incarnation: null,
          cpuPercent: null,
          configured: memory.configured(config.name),
          fault,
        },
        memory: NO_MEMORY,
        toldAt: 0,
        cpu: new CpuGauge(),
      });
    }
  }

  #see(
    entry: Entry,
    listed: ListedDomain | null,
    profile: BootProfileName | undefined,
    now: number,
    uptime: number | undefined,
  ): void {
    const { name, config, configured, fault, observation: before } = entry.seen;
    const { expectations, timings } = this.#parts;
    const { state, memory } = observedState(entry.memory, listed, {
      comesBack: config.comesBack,
      rising: expectations.startPhase(name),
      falling: expectations.isFalling(name),
      now,
      timings,
    });
    const at = this.#timeOfDay();
    const shown = profile ?? (state === 'off' ? NORMAL : before.profile);
    const incarnation = listed === null ? null : { uuid: listed.uuid ?? '', domid: listed.domid };
    const same = before.state === state && before.profile === shown;
    // Finding out the profile is no change of the domain.
    const lasts = same || (before.state === state && before.profile === UNKNOWN_PROFILE);
    const cpuPercent = listed === null ? null : entry.cpu.read(listed.domid, listed.cpuSeconds, now);
    const began = before.state === 'unknown' ? this.#sinceOf(name, state, incarnation, uptime) : at;
    const changed = !same || !isSameDomain(entry.seen, listed, cpuPercent);
    entry.memory = memory;
    entry.seen = {
      name,
      config,
      observation: { state, profile: shown, since: lasts ? before.since : began, seenAt: at },
      listed,
      incarnation,
      cpuPercent,
      configured,
      fault: fault ?? null,
    };
    this.#parts.states.note(name, entry.seen);
    if (changed || now - entry.toldAt >= this.#parts.settings.intervalSeconds * 1000) this.#tell(entry, now);
  }

  /**
   * Since when a domain is in a state that we did not know before, because we have just started or the
   * toolstack was silent. That is the last known time if the incarnation is the same, or else the
   * incarnation's beginning. Our own start counts only when there is nothing better.
   */
  #sinceOf(
    name: DomainName,
    state: DomainState,
    incarnation: Incarnation | null,
    uptime: number | undefined,
  ): string {
    const known = this.#parts.states.since(name, state, incarnation);
    const began = uptime === undefined ? null : this.#timeOfDay(uptime);
    // A time from a clock that was wrong while the host booted must not last.
    const isSound = known !== null && known <= this.#timeOfDay() && (began === null || known >= began);
    return (isSound ? known : began) ?? this.#timeOfDay();
  }

  #tell(entry: Entry, now: number): void {
    entry.toldAt = now;
    this.#events.seen(entry.seen);
  }

  /** The toolstack did not answer. The log has each reason once. */
  #silence(why: Refusal): void {
    if (this.#failing !== why.detail)
      this.#parts.logger.error({ code: why.code, detail: why.detail }, 'toolstack.silent');
    this.#failing = why.detail;
    this.#adopt();
    this.#age();
  }

  /** Also runs while a listing hangs: an observation that is too old becomes `unknown`. */
  #age(): void {
    const now = this.#parts.host.uptime();
    const stale = this.#answeredAt === null || now - this.#answeredAt >= this.#parts.timings.stale;
    if (!stale) return;
    for (const entry of this.#entries.values()) {
      const { observation } = entry.seen;
      if (observation.state === 'unknown' && entry.toldAt !== 0) continue;
      const since = this.#timeOfDay();
      entry.seen = { ...entry.seen, observation: { ...observation, state: 'unknown', since } };
      this.#tell(entry, now);
    }
  }
}

function isSameDomain(
  before: ObservedDomain,
  listed: ListedDomain | null,
  cpuPercent: number | null,
): boolean {
  const was = before.listed;
  if (was === null || listed === null) return was === listed;
  return (
    was.domid === listed.domid &&
    was.uuid === listed.uuid &&
    was.memoryMiB === listed.memoryMiB &&
    was.vcpus === listed.vcpus &&
    was.cpuSeconds === listed.cpuSeconds &&
    before.cpuPercent === cpuPercent
  );
}
