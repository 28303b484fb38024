import type { DemandedPermit } from '../access/authorize.js';
import type { HostLink } from '../hosts/host-link.js';

/** The proof that somebody may read a log, and the host that has it. */
export interface OpenedLog {
  readonly demanded: DemandedPermit;
  readonly host: HostLink;
}
