import type { DomainState } from './domain-state.js';
import { DOMAIN_STATES } from './domain-state.js';
import type { BootProfileName } from './names.js';
import { inNetworks } from './network.js';
import type { TimeWindow } from './time-window.js';
import { isWithin, wallText, wallTime } from './time-window.js';

/** The states that can be asked for: that it is not known which it is, is none. */
export const KNOWN_STATES = DOMAIN_STATES.filter(
  (state): state is KnownState => state !== 'unknown',
) satisfies readonly DomainState[];

export type KnownState = Exclude<DomainState, 'unknown'>;

/** What must be so beside who, what and which. A list that is empty is not asked; of those that are, all must be met. */
export interface Conditions {
  /** Networks that the customer comes from, as `parseNetwork` writes them. */
  readonly from: readonly string[];
  readonly times: readonly TimeWindow[];
  /** The zone of `times`, by its IANA name. */
  readonly zone: string;
  readonly states: readonly KnownState[];
  /** The boot profiles that the domain runs now. */
  readonly booted: readonly BootProfileName[];
}

/** What is so around a request, as far as it is known: null is "not known". */
export interface Circumstances {
  /** The address that the customer comes from. */
  readonly source: string | null;
  /** What the domain does now. */
  readonly state: KnownState | null;
  /** The boot profile that the domain runs, or ran last. */
  readonly booted: BootProfileName | null;
}

/** Nothing is known: what is only allowed under a condition is not. */
export const NOTHING_KNOWN: Circumstances = { source: null, state: null, booted: null };

/** One condition, asked. */
export interface AskedCondition {
  readonly condition: 'from' | 'times' | 'states' | 'booted';
  /** What would meet it, in words. */
  readonly wanted: string;
  /** What is so; null when that is not known. */
  readonly value: string | null;
  /** Null when it is not known. */
  readonly met: boolean | null;
}

/** Asks each condition that there is. */
export function askConditions(
  when: Conditions,
  request: Circumstances,
  now: Date,
): readonly AskedCondition[] {
  const asked: AskedCondition[] = [];
  if (when.from.length > 0) {
    const { source } = request;
    const met = source === null ? null : (inNetworks(when.from, source) ?? null);
    asked.push({ condition: 'from', wanted: when.from.join(', '), value: met === null ? null : source, met });
  }
  if (when.times.length > 0) {
    const shown = wallTime(when.zone, now);
    const met = when.times.some((window) => isWithin(window, shown));
    asked.push({ condition: 'times', wanted: timesText(when), value: wallText(shown), met });
  }
  if (when.states.length > 0) {
    const { state } = request;
    const met = state === null ? null : (when.states as readonly DomainState[]).includes(state);
    asked.push({ condition: 'states', wanted: when.states.join(', '), value: state, met });
  }
  if (when.booted.length > 0) {
    const { state, booted } = request;
    // What is off runs no profile, whichever it ran last.
    const off = state === 'off';
    const met = off ? false : booted === null ? null : when.booted.includes(booted);
    asked.push({ condition: 'booted', wanted: when.booted.join(', '), value: off ? 'off' : booted, met });
  }
  return asked;
}

/**
 * Whether what has these conditions speaks of a request now.
 *
 * @param unknown what counts where something asked for is not known: true for what takes away (a `deny`, a limit), false for what
 * gives, so that not knowing opens nothing
 */
export function conditionsHold(
  when: Conditions | null,
  request: Circumstances,
  now: Date,
  unknown: boolean,
): boolean {
  return when === null || askConditions(when, request, now).every(({ met }) => met ?? unknown);
}

/** `mon-fri 08:00-18:00, sat (Europe/Berlin)` */
function timesText({ times, zone }: Pick<Conditions, 'times' | 'zone'>): string {
  return `${times.map(({ text }) => text).join(', ')} (${zone})`;
}
