import type { GuestType } from '../../../policy/guest-type.js';
import type { DomainRecord, ParameterRow, RoleRow } from '../../store/records.js';
import type { ParameterOffer } from '../../wire/contract.js';
import type { MissingReason } from '../../wire/domain.js';

/** A domain's name, the customers with a role on it, and where it is seen. */
export interface DomainEntry extends DomainRecord {
  readonly roles: readonly RoleRow[];
  /** Empty when no host shows it, or the gate is not running. */
  readonly on: readonly {
    readonly host: string;
    readonly state: string;
    readonly profile: string;
    /** Null when the host does not say. */
    readonly type: GuestType | null;
    /** Whether the host is heard now; otherwise this is what was last heard. */
    readonly reachable: boolean;
    /**
     * False: it runs there without a configuration file there, or is on its way. Then `profile` is `unknown`.
     */
    readonly managed: boolean;
  }[];
  /** Hosts that cannot find or read its configuration, and do not say that it is gone. */
  readonly missing: readonly { readonly host: string; readonly why: MissingReason; readonly note?: string }[];
}

/** `POST /domains/retire`, `POST /domains/keep`. */
export interface DomainsDecided {
  readonly domains: readonly DomainRecord[];
  /** All roles on them, whether they count or not. */
  readonly roles: readonly RoleRow[];
}

/** `GET /domains/NAME`. */
export interface DomainDetail {
  /** Null while no host has shown it. */
  readonly domain: DomainEntry | null;
  readonly roles: readonly RoleRow[];
  readonly parameters: readonly ParameterRow[];
  /** The parameters that boot profiles ask for, on the hosts where the domain is. */
  readonly asked: readonly AskedParameter[];
}

export interface AskedParameter extends ParameterOffer {
  readonly host: string;
  readonly profile: string;
}

/** `PUT /domains/NAME/parameters`. */
export interface ParametersSet {
  readonly parameters: readonly ParameterRow[];
  /** Sentences about what a known host will not take as it is. */
  readonly notes: readonly string[];
}
