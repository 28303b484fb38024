/** How a half that serves is, for whoever watches its process. */
export interface Dom0Health {
  readonly domains: number;
  /** How many consoles are attached. */
  readonly attached: number;
  /** How many operations are under way. */
  readonly underWay: number;
  /** Milliseconds since the half looked at the toolstack last, whether that answered or not. */
  readonly sinceLook: number;
  /** What an admin of the host must see to, a sentence each. */
  readonly troubles: readonly string[];
}
