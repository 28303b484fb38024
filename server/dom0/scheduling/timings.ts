/** How long things may take that no setting names; all in milliseconds. Tests make them short. */
export interface Timings {
  /** Between two looks while something is under way. */
  readonly poll: number;
  /** A rebooting domain is not listed for about 2 s; after so long it is off. */
  readonly rebootAbsence: number;
  /** A domain that vanished without having been seen shut down may be rebooting: not called off before. */
  readonly unexplainedAbsence: number;
  /** A new incarnation stays paused for some seconds while it is built; after so long somebody has paused it. */
  readonly rise: number;
  /** One that appears paused and has never run is being made by an admin; after so long it was made to stay paused. */
  readonly build: number;
  /** From a shutdown or reboot that the guest acknowledged, and did nothing about, to the next request. */
  readonly askAgain: number;
  /** How long a start waits for the console. */
  readonly attach: number;
  /** Without an answer from the toolstack for so long, states are unknown. */
  readonly stale: number;
  /** From a long listing that failed, or that had nothing of a domain which is still being built, to the next; then twice as long each time, */
  readonly profileRetry: number;
  /** up to this. */
  readonly lastProfileRetry: number;
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
};
