import type { DomainState } from './domain-state.js';
import { DOMAIN_STATES } from './domain-state.js';
import type { BootProfileName } from './names.js';
import { inNetworks } from './network.js';
import type { TimeWindow } from './time-window.js';
import { isWithin, wallText, wallTime } from './time-window.js';

/** The states that a condition can name: all but `unknown`. */
export const KNOWN_STATES = DOMAIN_STATES.filter(
  (state): state is KnownState => state !== 'unknown',
) satisfies readonly DomainState[];

export type KnownState = Exclude<DomainState, 'unknown'>;

/**
 * The conditions of a rule besides customer, action and domain. An empty list is no condition; all others
 * must be met.
 */
export interface Conditions {
  /** Networks that the customer comes from, as `parseNetwork` writes them. */
  readonly from: readonly string[];
  readonly times: readonly TimeWindow[];
  /** The IANA time zone of `times`. */
  readonly zone: string;
  readonly states: readonly KnownState[];
  /** The boot profiles that the domain runs now. */
  readonly booted: readonly BootProfileName[];
}

/** The circumstances of a request, as far as they are known; null means "not known". */
export interface Circumstances {
  /** The customer's source address. */
  readonly source: string | null;
  /** The present state of the domain. */
  readonly state: KnownState | null;
  /** The boot profile that the domain runs, or ran last. */
  readonly booted: BootProfileName | null;
}

/** Nothing is known, so no conditional permission applies. */
export const NOTHING_KNOWN: Circumstances = { source: null, state: null, booted: null };

/** The result of one condition. */
export interface AskedCondition {
  readonly condition: 'from' | 'times' | 'states' | 'booted';
  /** What would meet it, in words. */
  readonly wanted: string;
  /** The present value; null when not known. */
  readonly value: string | null;
  /** Null when not known. */
  readonly met: boolean | null;
}

/** Evaluates each condition that is set. */
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
    // A domain that is off runs no profile, whichever it ran last.
    const off = state === 'off';
    const met = off ? false : booted === null ? null : when.booted.includes(booted);
    asked.push({ condition: 'booted', wanted: when.booted.join(', '), value: off ? 'off' : booted, met });
  }
  return asked;
}

/**
 * Whether these conditions hold for a request now.
 *
 * @param unknown the result for an unknown value: true for what takes away (a `deny`, a limit), false for
 * what gives. So not knowing opens nothing
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
