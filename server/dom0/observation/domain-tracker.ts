import { isDeepStrictEqual } from 'node:util';
import type { DomainState } from '../../../policy/domain-state.js';
import { NORMAL, UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { BootProfileName } from '../../../policy/names.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { Timings } from '../scheduling/timings.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { GuestFacts, ListedDomain } from '../toolstack/toolstack.js';
import { CpuGauge } from './cpu-gauge.js';
import type { Expectations } from './expectations.js';
import type { FoundBoot } from './incarnation-profiles.js';
import type { KnownStates } from './known-states.js';
import type { Life, LocalMove } from './local-moves.js';
import type { ObservedDomain } from './observed-domain.js';
import { NO_MEMORY, observedState } from './observed-state.js';
import type { StateMemory } from './observed-state.js';

interface DomainTrackerParts {
  readonly expectations: Pick<Expectations, 'startPhase' | 'isFalling' | 'lastBoot'>;
  readonly states: Pick<KnownStates, 'since' | 'last' | 'note'>;
  readonly settings: { readonly intervalSeconds: number };
  readonly timings: Timings;
  /** The time of day, milliseconds since the epoch. */
  readonly clock: () => number;
}

/** What one round found out of a domain. */
interface Sighting {
  /** Null: the domain does not exist. */
  readonly listed: ListedDomain | null;
  /** Undefined: nothing new is known. */
  readonly boot: FoundBoot | undefined;
  /** The domain's own uptime in seconds, where it was asked for. */
  readonly uptime: number | undefined;
  /** The host's uptime, milliseconds. */
  readonly now: number;
  /** The time of day, ISO 8601. */
  readonly at: string;
  /** Null: it is not on its way on this host. */
  readonly move: LocalMove | null;
  readonly life: Life | null;
}

/**
 * What a round found to be new of a domain. `load`: only what it uses. `again`: nothing, and it was not told for a
 * while. `nothing`: the same, and it was told a moment ago.
 */
export type Sight = 'changed' | 'load' | 'again' | 'nothing';

/** Follows one domain from listing to listing, and works out its state, profile and load. */
export class DomainTracker {
  readonly #parts: DomainTrackerParts;
  #seen: ObservedDomain;
  #memory: StateMemory = NO_MEMORY;
  readonly #cpu = new CpuGauge();
  #isMoving = false;
  /** Whether its files say something else than when it was told last. */
  #isConfigured = false;
  /** The domid that a migration on this host gave it last, and when, by the host's uptime in milliseconds. */
  #arrival: { readonly domid: number; readonly at: number } | null = null;
  /** When it was last published, by the host's uptime in milliseconds; 0 before the first time. */
  #toldAt = 0;

  constructor(parts: DomainTrackerParts, config: DomainConfig) {
    this.#parts = parts;
    const at = this.#timeOfDay();
    this.#seen = {
      name: config.name,
      config,
      observation: { state: 'unknown', profile: NORMAL, since: at, seenAt: at },
      listed: null,
      incarnation: null,
      guest: config.guest,
      cpuPercent: null,
      configured: { uuid: null, since: null },
    };
  }

  get seen(): ObservedDomain {
    return this.#seen;
  }

  /** Whether its state is expected to change soon. */
  get isRestless(): boolean {
    return (
      this.#isMoving ||
      this.#memory.returningSince !== null ||
      (this.#memory.wasUp && this.#seen.listed === null)
    );
  }

  /** Takes what its configuration files say now. */
  configure({
    config,
    configured,
    fault = null,
  }: Pick<ObservedDomain, 'config' | 'configured' | 'fault'>): void {
    const { config: before, configured: was, fault: fault0 = null } = this.#seen;
    const isSame = was.uuid === configured.uuid && was.since === configured.since;
    if (before === config && isSame && fault0 === fault) return;
    this.#isConfigured ||= before !== config || !isSame;
    this.#seen = { ...this.#seen, config, configured, fault };
  }

  /** Takes in a round. */
  see(sighting: Sighting): Sight {
    const { listed, boot, uptime, now, at, move, life } = sighting;
    const { name, config, observation: before } = this.#seen;
    const { states, settings } = this.#parts;
    const held = this.#heldIn(sighting);
    const { state, memory } = held ?? this.#stateOf(listed, now);
    const shown = boot?.profile ?? this.#profileIn(state, listed);
    const incarnation = listed === null ? (move?.from ?? null) : incarnationIn(listed, life);
    const same = before.state === state && before.profile === shown;
    // Finding out the profile is no change of the domain.
    const lasts = same || (before.state === state && before.profile === UNKNOWN_PROFILE);
    const cpuPercent = listed === null ? null : this.#cpu.read(listed.domid, listed.cpuSeconds, now);
    const began = before.state === 'unknown' ? this.#sinceOf(state, move?.from ?? incarnation, uptime) : at;
    const goesOn = move !== null && this.#seen.incarnation !== null;
    const known = listed === null ? config.guest : this.#guestOf(listed);
    const guest = boot?.guest ?? (goesOn ? this.#seen.guest : known);
    const changed =
      !same || !isDeepStrictEqual(guest, this.#seen.guest) || !isSameListing(this.#seen.listed, listed);
    const isUsedMore =
      this.#seen.cpuPercent !== cpuPercent || this.#seen.listed?.cpuSeconds !== listed?.cpuSeconds;
    this.#memory = memory;
    this.#seen = {
      ...this.#seen,
      observation: { state, profile: shown, since: lasts ? before.since : began, seenAt: at },
      listed,
      incarnation,
      guest,
      cpuPercent,
    };
    states.note(name, this.#seen, life);
    this.#isMoving = move !== null;
    const sight = changed || this.#isConfigured ? 'changed' : isUsedMore ? 'load' : 'again';
    if (sight === 'again' && now - this.#toldAt < settings.intervalSeconds * 1000) return 'nothing';
    this.#isConfigured = false;
    this.#toldAt = now;
    return sight;
  }

  /** The last observation is too old: the state is unknown. @returns whether to publish it */
  expire(now: number): boolean {
    const { observation } = this.#seen;
    if (observation.state === 'unknown' && this.#toldAt !== 0) return false;
    const since = this.#timeOfDay();
    this.#seen = { ...this.#seen, observation: { ...observation, state: 'unknown', since } };
    this.#toldAt = now;
    return true;
  }

  #stateOf(listed: ListedDomain | null, now: number): { state: DomainState; memory: StateMemory } {
    const { name, config } = this.#seen;
    const { expectations, timings } = this.#parts;
    return observedState(this.#memory, listed, {
      comesBack: config.comesBack,
      rising: expectations.startPhase(name),
      falling: expectations.isFalling(name),
      now,
      timings,
    });
  }

  /**
   * A domain on its way on this host is suspended in its old place, then in none, then paused in its new one.
   * It does what it did before. @returns null when its own listing tells its state
   */
  #heldIn({ listed, move, life, now }: Sighting): { state: DomainState; memory: StateMemory } | null {
    const { state } = this.#seen.observation;
    // A half before us may have seen it arrive.
    const justBegins =
      state === 'unknown' && (life?.domids.length ?? 0) > 1 && (listed?.cpuSeconds ?? 1) < 0.05;
    if (listed !== null && (move?.step === 'arrived' || justBegins))
      this.#arrival = { domid: listed.domid, at: now };
    const { domid, at } = this.#arrival ?? { domid: null, at: -Infinity };
    const hasJustArrived = domid === listed?.domid && now - at <= this.#parts.timings.build;
    if (move === null && !hasJustArrived) return null;
    const isHeld =
      listed === null ||
      listed.flags.shutdown === 'suspend' ||
      (listed.flags.paused && listed.flags.shutdown === null);
    if (move?.step === 'arrived' && listed !== null)
      this.#memory = { ...this.#memory, absentSince: null, domid: listed.domid, uuid: listed.uuid };
    if (!isHeld || (listed === null && move === null)) return null;
    const last = this.#parts.states.last(this.#seen.name);
    return { state: state === 'unknown' ? (last ?? 'running') : state, memory: this.#memory };
  }

  /** The profile where this round found out nothing. */
  #profileIn(state: DomainState, listed: ListedDomain | null): BootProfileName {
    const { name, observation } = this.#seen;
    if (state === 'off') return NORMAL;
    // We have just started, in the midst of a migration.
    if (observation.state === 'unknown' && listed === null)
      return this.#parts.expectations.lastBoot(name)?.profile ?? UNKNOWN_PROFILE;
    return observation.profile;
  }

  /** Of a listed domain of which this round found out nothing. */
  #guestOf({ domid, uuid }: ListedDomain): GuestFacts {
    const { listed, guest, config } = this.#seen;
    return listed?.domid === domid && listed.uuid === uuid ? guest : config.guest;
  }

  /**
   * Since when the domain is in a state that we did not know before, because we have just started or the
   * toolstack was silent. That is the last known time if the incarnation is the same, or else the
   * incarnation's beginning. Our own start counts only when there is nothing better.
   */
  #sinceOf(state: DomainState, incarnation: Incarnation | null, uptime: number | undefined): string {
    const known = this.#parts.states.since(this.#seen.name, state, incarnation);
    const began = uptime === undefined ? null : this.#timeOfDay(uptime);
    // A time from a clock that was wrong while the host booted must not last.
    const isSound = known !== null && known <= this.#timeOfDay() && (began === null || known >= began);
    return (isSound ? known : began) ?? this.#timeOfDay();
  }

  /** @param ago seconds */
  #timeOfDay(ago = 0): string {
    return new Date(this.#parts.clock() - ago * 1000).toISOString();
  }
}

function incarnationIn({ uuid, domid }: ListedDomain, life: Life | null): Incarnation {
  const bornAs = life?.domids[0] ?? domid;
  return { uuid: uuid ?? '', domid, ...(bornAs === domid ? {} : { bornAs }) };
}

/** Whether two listings differ at most in what the domain used. */
function isSameListing(was: ListedDomain | null, listed: ListedDomain | null): boolean {
  if (was === null || listed === null) return was === listed;
  return (
    was.domid === listed.domid &&
    was.uuid === listed.uuid &&
    was.memoryMiB === listed.memoryMiB &&
    was.vcpus === listed.vcpus &&
    // A life that begins counts anew.
    was.cpuSeconds <= listed.cpuSeconds
  );
}
