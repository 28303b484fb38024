/** How long a console's line waits for what; milliseconds. */
export interface LineTiming {
  /** From the end of a console to the next try, at first and at most. */
  readonly retry: number;
  readonly lastRetry: number;
  /** Until `attachNow` gives up waiting. The try goes on. */
  readonly attach: number;
  /** For how long a console may live on after its domain is gone. */
  readonly gone: number;
  /** For how long a console may live on after another incarnation of its domain is there. */
  readonly superseded: number;
}

/** What suits a real host. */
export const LINE_TIMING: LineTiming = {
  retry: 500,
  lastRetry: 10_000,
  attach: 3_000,
  gone: 10_000,
  superseded: 1_000,
};
