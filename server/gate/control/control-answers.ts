import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { RecordingName } from '../recording/recording-name.js';
import type { HostFailure } from '../hosts/host-failure.js';
import type { Outgrown } from '../recording/retention.js';
import type { FolderCheck } from '../../wire/folder-check.js';
import type { MissingReason } from '../../wire/domain.js';
import type { ParameterOffer } from '../../wire/contract.js';
import type { Customer, DomainRecord, Key, ParameterRow, RoleRow } from '../../store/records.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import type { Finding } from '../../store/audit-verifier.js';

/** A key as admins see it. */
export interface KeyView {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly type: string;
  readonly comment: string;
  readonly addedAt: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
  /** The line of a .pub file, without the comment. */
  readonly publicKey: string;
}

export function keyView({ blob, ...key }: Key): KeyView {
  return { ...key, publicKey: `${key.type} ${blob.toString('base64')}` };
}

/** `POST /keys/expire`. */
export interface KeysExpiring {
  readonly keys: readonly KeyView[];
  /** Customers whose old keys were left as they are, as they have no others. */
  readonly left: readonly CustomerName[];
}

/** `POST /customers/NAME/rename`. */
export interface CustomerRenamed {
  readonly customer: Customer;
  readonly sessionsEnded: number;
  /** Where the policy speaks of the old name; null when it cannot be read. */
  readonly mentions: readonly string[] | null;
}

/** `DELETE /customers/NAME`. */
export interface CustomerRemoved {
  readonly customer: Customer;
  readonly sessionsEnded: number;
  readonly keys: number;
  readonly roles: readonly RoleRow[];
  /** Domains on which nobody has a role any more. */
  readonly ownerless: readonly DomainName[];
  /** Domains that have no owner any more; somebody else may have a role on them. */
  readonly unowned: readonly DomainName[];
  /** Recordings of their visits, which stay as long as recordings do. */
  readonly recordings: number;
  /** Where the policy speaks of them; null when it cannot be read. */
  readonly mentions: readonly string[] | null;
}

/** `GET /customers/NAME`. */
export interface CustomerView {
  readonly customer: Customer;
  readonly keys: readonly KeyView[];
  readonly roles: readonly RoleRow[];
  readonly sessions: readonly SessionView[];
}

export interface SessionView {
  readonly id: string;
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly source: string;
  /** Set when the login named a domain. */
  readonly domain: DomainName | null;
  readonly openedAt: string;
  /** `connection`: logged in, without a session. */
  readonly what: 'menu' | 'plain-menu' | 'exec' | 'connection';
  readonly command: string | null;
}

/** A domain's name, who has a role on it, and where it is seen. */
export interface DomainEntry extends DomainRecord {
  readonly roles: readonly RoleRow[];
  /** Empty when no host shows it, or the gate is not running. */
  readonly on: readonly {
    readonly host: string;
    readonly state: string;
    readonly profile: string;
    /** Whether the host is heard at this moment; otherwise this is what was heard last. */
    readonly reachable: boolean;
    /** False: it runs there without a configuration file there, or is on its way; `profile` is `unknown` then. */
    readonly managed: boolean;
  }[];
  /** Hosts that cannot find or read its configuration, and do not say that it is gone. */
  readonly missing: readonly { readonly host: string; readonly why: MissingReason; readonly note?: string }[];
}

/** `POST /domains/retire`, `POST /domains/keep`. */
export interface DomainsDecided {
  readonly domains: readonly DomainRecord[];
  /** On them, whether they count or not. */
  readonly roles: readonly RoleRow[];
}

/** `GET /domains/NAME`. */
export interface DomainDetail {
  /** Null while no host has shown it. */
  readonly domain: DomainEntry | null;
  readonly roles: readonly RoleRow[];
  readonly parameters: readonly ParameterRow[];
  /** What the boot profiles of the hosts where it is ask for. */
  readonly asked: readonly AskedParameter[];
}

export interface AskedParameter extends ParameterOffer {
  readonly host: string;
  readonly profile: string;
}

/** `PUT /domains/NAME/parameters`. */
export interface ParametersSet {
  readonly parameters: readonly ParameterRow[];
  /** Sentences about what no host that is known will take as it is. */
  readonly notes: readonly string[];
}

export interface HostStatus {
  readonly name: string;
  readonly reachable: boolean;
  /** Its last attempt to reach the host, when that failed and the host is not reachable; absent before the first has failed. */
  readonly failure?: HostFailure;
  readonly domains: number;
  /** Whether it tells what runs there without being managed. */
  readonly tellsNames: boolean;
  /** Domains whose configuration it cannot find or read, and that are not gone. */
  readonly missing: readonly {
    readonly name: DomainName;
    readonly why: MissingReason;
    readonly note?: string;
  }[];
}

/** `GET /status`. */
export interface GateStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly sessions: number;
  readonly policy: PolicyStatus;
  readonly hosts: readonly HostStatus[];
  /** Domains that wait for an admin. */
  readonly domains: {
    /** They are gone, and too many at once to be retired without one. */
    readonly waiting: readonly DomainName[];
    /** They went and came back: their roles do not count. */
    readonly held: readonly DomainName[];
  };
  /** Null when it is not on. */
  readonly maintenance: MaintenanceRow | null;
  readonly audit: {
    readonly seq: number;
    readonly hash: string;
    /** Why it cannot be written: then nothing can be changed. Null when it can. */
    readonly trouble: string | null;
  };
  /** Where the gate writes, tried just now. The first is the state directory. */
  readonly folders: readonly FolderCheck[];
}

/** `POST /announcements`. */
export interface AnnouncementMade {
  readonly text: string;
  /** How many sessions read it at once. */
  readonly told: number;
}

/** `GET /maintenance`, and what changes it. */
export interface MaintenanceStatus {
  /** Null when it is not on. */
  readonly maintenance: MaintenanceRow | null;
}

export interface PolicyStatus {
  readonly revision: number;
  /** SHA-256 over its files, hex. */
  readonly digest: string;
  readonly rules: number;
  readonly limits: number;
  readonly sessionLimits: number;
  /** What is wrong with the files; while there is anything, the policy accepted last is in force. */
  readonly problems: readonly string[];
}

export interface RecordingView extends RecordingName {
  /** Null while it is not ended. */
  readonly endedAt: string | null;
  readonly bytes: number;
}

/** `POST /recordings/prune`. */
export interface RecordingsPruned {
  readonly removed: readonly (RecordingView & { readonly reason: Outgrown['reason'] })[];
}

/** `POST /policy/reload`. */
export interface PolicyReload {
  readonly accepted: boolean;
  readonly revision: number;
  readonly changed: boolean;
  /** One printable line each, with its place. */
  readonly problems: readonly string[];
}

/** `POST /audit/verify`. */
export interface AuditReport {
  readonly ok: boolean;
  readonly rows: number;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly findings: readonly Finding[];
  /** Which hosts' journals were compared, and with how many entries; `problem` when one could not be. */
  readonly witnesses: readonly {
    readonly host: string;
    readonly entries: number;
    readonly problem: string | null;
  }[];
}
