/** The settings of the SSH front (gate.yaml). */
export interface SshSettings {
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** `banner` is shown before login, `motd` where a shell begins; null for none. */
  readonly banner: string | null;
  readonly motd: string | null;
  readonly login: LoginSettings;
  readonly keepAlive: { readonly intervalSeconds: number; readonly countMax: number };
}

export interface LoginSettings {
  /** The time from the accepted socket to the accepted key. */
  readonly graceSeconds: number;
  /** Failed tries on one connection; probes are not tries. */
  readonly tries: number;
  /** Connections of one source (an IPv4 address, an IPv6 /64) that may wait to log in at once. */
  readonly connectionsPerSource: number;
  /** Connections at once from everywhere. */
  readonly connections: number;
  /** Connections at once of one customer, from wherever. */
  readonly connectionsPerCustomer: number;
  readonly sessionsPerConnection: number;
  /** How many refused logins close a source before the key exchange, and for how long at first. */
  readonly penaltyAfter: number;
  readonly penaltySeconds: number;
}
