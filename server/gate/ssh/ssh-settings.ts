/** What the SSH front needs of the gate's settings (gate.yaml). */
export interface SshSettings {
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** Shown before login, and after it on a shell; null for none. */
  readonly banner: string | null;
  readonly motd: string | null;
  readonly login: LoginSettings;
  readonly keepAlive: { readonly intervalSeconds: number; readonly countMax: number };
}

export interface LoginSettings {
  /** From the accepted socket to the accepted key. */
  readonly graceSeconds: number;
  /** Failed tries on one connection; probes are not tries. */
  readonly tries: number;
  /** Connections at once that have not logged in, from one source: an IPv4 address, an IPv6 /64. */
  readonly connectionsPerSource: number;
  /** Connections at once from everywhere. */
  readonly connections: number;
  /** Connections at once of one customer, from wherever. */
  readonly connectionsPerCustomer: number;
  readonly sessionsPerConnection: number;
  /** Refused logins after which a source is closed before the key exchange, and for how long at first. */
  readonly penaltyAfter: number;
  readonly penaltySeconds: number;
}
