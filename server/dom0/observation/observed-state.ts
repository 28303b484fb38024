import type { DomainState } from '../../../policy/domain-state.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { Timings } from '../scheduling/timings.js';
import type { ListedDomain } from '../toolstack/toolstack.js';

/**
 * What an operation of ours is doing to a domain. `building`: the domain is paused only because it is being
 * built. `between`: it is between two incarnations, so its absence is no end.
 */
export type StartPhase = 'no' | 'building' | 'between';

/** What is remembered of a domain from one listing to the next. Times are the host's uptime, milliseconds. */
export interface StateMemory {
  /** Since when it is expected to come back; null when it is not. */
  readonly returningSince: number | null;
  /** When it was first missing from the list; null while it is listed. */
  readonly absentSince: number | null;
  readonly domid: number | null;
  /** Compared too, because domids are re-used. */
  readonly uuid: string | null;
  /** When this domid was first listed. */
  readonly domidSince: number;
  /** Whether it was absent before this domid: it may be just being created. */
  readonly appeared: boolean;
  /** Whether it was running when last listed. An absence after that is unexplained. */
  readonly wasUp: boolean;
}

export const NO_MEMORY: StateMemory = {
  returningSince: null,
  absentSince: null,
  domid: null,
  uuid: null,
  domidSince: 0,
  appeared: false,
  wasUp: false,
};

export interface StateContext {
  readonly comesBack: DomainConfig['comesBack'];
  readonly rising: StartPhase;
  /** Whether an operation of ours is taking it down, which explains an absence. */
  readonly falling: boolean;
  readonly now: number;
  readonly timings: Timings;
}

/**
 * The state of a domain by its listing and the ones before. A reboot looks like `--psr-`, then some seconds
 * of absence, then a new domid that is `--p---` at first. None of these must be shown as `off` or `paused`.
 */
export function observedState(
  memory: StateMemory,
  listed: ListedDomain | null,
  context: StateContext,
): { readonly state: DomainState; readonly memory: StateMemory } {
  return listed === null ? absent(memory, context) : present(memory, listed, context);
}

function absent(
  memory: StateMemory,
  { rising, falling, now, timings }: StateContext,
): { state: DomainState; memory: StateMemory } {
  const absentSince = memory.absentSince ?? now;
  const gone = { ...memory, absentSince, domid: null };
  if (rising === 'between') return { state: 'rebooting', memory: { ...gone, wasUp: false } };
  const missingFor = now - absentSince;
  // It was first seen while it was being made, and went before it ran: the create failed, for example because
  // a boot loader found no kernel.
  const stillborn = memory.domid !== null && memory.appeared && memory.returningSince === memory.domidSince;
  if (memory.returningSince !== null && !stillborn && missingFor <= timings.rebootAbsence)
    return { state: 'rebooting', memory: gone };
  if (memory.wasUp && !falling && missingFor <= timings.unexplainedAbsence)
    return { state: 'shutting-down', memory: gone };
  return { state: 'off', memory: { ...gone, returningSince: null, wasUp: false } };
}

function present(
  memory: StateMemory,
  listed: ListedDomain,
  { comesBack, rising, now, timings }: StateContext,
): { state: DomainState; memory: StateMemory } {
  const isNew = memory.domid !== listed.domid || memory.uuid !== listed.uuid;
  const domidSince = isNew ? now : memory.domidSince;
  const appeared = isNew ? memory.absentSince !== null : memory.appeared;
  const { domid, uuid } = listed;
  const kept = { ...memory, absentSince: null, domid, uuid, domidSince, appeared, wasUp: false };
  const { shutdown, dying, paused } = listed.flags;
  if (shutdown !== null) {
    const returns =
      (shutdown === 'reboot' && comesBack.onReboot) ||
      (shutdown === 'crash' && comesBack.onCrash) ||
      (shutdown === 'poweroff' && comesBack.onPoweroff);
    const state = shutdown === 'crash' ? 'crashed' : returns ? 'rebooting' : 'shutting-down';
    return { state, memory: { ...kept, returningSince: returns ? (memory.returningSince ?? now) : null } };
  }
  if (dying) return { state: memory.returningSince === null ? 'shutting-down' : 'rebooting', memory: kept };
  if (paused) {
    const neverRan = listed.cpuSeconds < 0.05;
    const built = listed.memoryMiB > 0 && listed.vcpus > 0;
    const comingUp = memory.returningSince !== null || memory.wasUp || !built;
    const age = now - domidSince;
    const rises =
      rising !== 'no' ||
      (neverRan && ((comingUp && age <= timings.rise) || (kept.appeared && age <= timings.build)));
    const returningSince = rises && comingUp ? (memory.returningSince ?? now) : null;
    return { state: rises ? 'rebooting' : 'paused', memory: { ...kept, returningSince } };
  }
  return { state: 'running', memory: { ...kept, returningSince: null, wasUp: true } };
}
