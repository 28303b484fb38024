/** Time limits that are not in the settings, in milliseconds. Tests make them short. */
export interface Timings {
  /** Between two looks while something is under way. */
  readonly poll: number;
  /** A rebooting domain is not listed for about 2 s; after this time it counts as off. */
  readonly rebootAbsence: number;
  /**
   * A domain that vanished without a shutdown may be rebooting: it does not count as off before this time.
   */
  readonly unexplainedAbsence: number;
  /**
   * A new incarnation stays paused for some seconds while it is built; after this time
   * somebody must have paused it.
   */
  readonly rise: number;
  /**
   * A domain that appears paused and has never run is being created by an admin; after this time
   * it is meant to stay paused.
   */
  readonly build: number;
  /**
   * When a guest acknowledged a shutdown or reboot and did nothing, the next request comes after this time.
   */
  readonly askAgain: number;
  /** How long a start waits for the console. */
  readonly attach: number;
  /** After this time without an answer from the toolstack, states are unknown. */
  readonly stale: number;
  /**
   * The wait after a long listing that failed, or lacked a domain that is still being
   * built. It doubles each time.
   */
  readonly profileRetry: number;
  /** The longest such wait. */
  readonly lastProfileRetry: number;
  /** A guest that ran on at the end of its rescue is asked again after this time. */
  readonly endRetry: number;
  /** An end that could not even begin is tried again after this time. */
  readonly endRefusedRetry: number;
}

export const TIMINGS: Timings = {
  poll: 500,
  rebootAbsence: 15_000,
  unexplainedAbsence: 4_000,
  rise: 60_000,
  build: 15_000,
  askAgain: 15_000,
  attach: 10_000,
  stale: 15_000,
  profileRetry: 2_000,
  lastProfileRetry: 30_000,
  endRetry: 600_000,
  endRefusedRetry: 60_000,
};
