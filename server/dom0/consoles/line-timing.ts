/** The waits of a console line, milliseconds. */
export interface LineTiming {
  /** From the end of a console to the next try: the first wait, and the longest. */
  readonly retry: number;
  readonly lastRetry: number;
  /** Until `attachNow` stops waiting. The try goes on. */
  readonly attach: number;
  /** How long a console may live after its domain is gone. */
  readonly gone: number;
  /** How long a console may live after its domain has another incarnation. */
  readonly superseded: number;
}

/** Values for a real host. */
export const LINE_TIMING: LineTiming = {
  retry: 500,
  lastRetry: 10_000,
  attach: 3_000,
  gone: 10_000,
  superseded: 1_000,
};
