/** An attempt to reach a host that failed. */
export interface HostFailure {
  /** When the attempt began. */
  readonly at: string;
  readonly reason: string;
}
