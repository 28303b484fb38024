import type { DomainName } from './names.js';

/** A network that domains are in. Addresses are in normal form. */
export interface SeedNetwork {
  /** `192.0.2.0/24` */
  readonly subnet: string;
  /** Null: on any bridge. */
  readonly bridge: string | null;
  readonly gateway: string | null;
  readonly nameServers: readonly string[];
  readonly addresses: Readonly<Record<DomainName, string>>;
}
