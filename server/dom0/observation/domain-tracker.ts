import { isDeepStrictEqual } from 'node:util';
import type { DomainState } from '../../../policy/domain-state.js';
import { NORMAL, UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { Timings } from '../scheduling/timings.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { GuestFacts, ListedDomain } from '../toolstack/toolstack.js';
import { CpuGauge } from './cpu-gauge.js';
import type { Expectations } from './expectations.js';
import type { FoundBoot } from './incarnation-profiles.js';
import type { KnownStates } from './known-states.js';
import type { ObservedDomain } from './observed-domain.js';
import { NO_MEMORY, observedState } from './observed-state.js';
import type { StateMemory } from './observed-state.js';

interface DomainTrackerParts {
  readonly expectations: Pick<Expectations, 'startPhase' | 'isFalling'>;
  readonly states: Pick<KnownStates, 'since' | 'note'>;
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
}

/** Follows one domain from listing to listing, and works out its state, profile and load. */
export class DomainTracker {
  readonly #parts: DomainTrackerParts;
  #seen: ObservedDomain;
  #memory: StateMemory = NO_MEMORY;
  readonly #cpu = new CpuGauge();
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
    return this.#memory.returningSince !== null || (this.#memory.wasUp && this.#seen.listed === null);
  }

  /** Takes what its configuration files say now. */
  configure(files: Partial<Pick<ObservedDomain, 'config' | 'configured' | 'fault'>>): void {
    this.#seen = { ...this.#seen, ...files };
  }

  /** Takes in a round. @returns whether to publish it: it has changed, or was not published for a while */
  see({ listed, boot, uptime, now }: Sighting): boolean {
    const { name, config, observation: before } = this.#seen;
    const { expectations, timings, states, settings } = this.#parts;
    const { state, memory } = observedState(this.#memory, listed, {
      comesBack: config.comesBack,
      rising: expectations.startPhase(name),
      falling: expectations.isFalling(name),
      now,
      timings,
    });
    const at = this.#timeOfDay();
    const shown = boot?.profile ?? (state === 'off' ? NORMAL : before.profile);
    const incarnation = listed === null ? null : { uuid: listed.uuid ?? '', domid: listed.domid };
    const same = before.state === state && before.profile === shown;
    // Finding out the profile is no change of the domain.
    const lasts = same || (before.state === state && before.profile === UNKNOWN_PROFILE);
    const cpuPercent = listed === null ? null : this.#cpu.read(listed.domid, listed.cpuSeconds, now);
    const began = before.state === 'unknown' ? this.#sinceOf(state, incarnation, uptime) : at;
    const guest = listed === null ? config.guest : (boot?.guest ?? this.#guestOf(listed));
    const changed =
      !same || !isDeepStrictEqual(guest, this.#seen.guest) || !isSameListing(this.#seen, listed, cpuPercent);
    this.#memory = memory;
    this.#seen = {
      ...this.#seen,
      observation: { state, profile: shown, since: lasts ? before.since : began, seenAt: at },
      listed,
      incarnation,
      guest,
      cpuPercent,
    };
    states.note(name, this.#seen);
    if (!changed && now - this.#toldAt < settings.intervalSeconds * 1000) return false;
    this.#toldAt = now;
    return true;
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

function isSameListing(
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
