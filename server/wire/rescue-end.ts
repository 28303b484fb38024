/**
 * What happens when the time of a rescue is over. `normal`: a shutdown, then a normal boot; a guest that
 * ignores the shutdown is asked again later. `reset`: the same, but such a guest is powered off. `poweroff`: a
 * shutdown, or else a power-off, and the domain stays off.
 */
export const AT_ENDS = ['normal', 'reset', 'poweroff'] as const;

export type AtEnd = (typeof AT_ENDS)[number];

/**
 * Why a rescue whose time is over still runs. `ignored`: it was asked to shut down and did not. `paused`: the
 * host's operators paused it, and it ends when they let it go on. `failed`: its host could not end it.
 */
export const END_HINDRANCES = ['ignored', 'paused', 'failed'] as const;

export type EndHindrance = (typeof END_HINDRANCES)[number];

/** The longest time of a rescue: 366 days. Seconds. */
export const MOST_RESCUE_SECONDS = 366 * 86_400;

/** The end of the rescue that a domain runs. Times are ISO 8601, UTC. */
export interface RescueEnd {
  /** The operation that booted it. */
  readonly operation: string;
  /** From the boot to the end. */
  readonly forSeconds: number;
  /** By the host's present time of day; the host counts by its uptime. */
  readonly at: string;
  readonly then: AtEnd;
  /** Set when its time is over and it could not be ended: when the host tries again. */
  readonly retryAt: string | null;
  /** Missing when nothing hindered the end, and from an older dom0. */
  readonly why?: EndHindrance;
}
