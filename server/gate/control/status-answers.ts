import type { DomainName } from '../../../policy/names.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import type { MissingReason } from '../../wire/domain.js';
import type { FolderCheck } from '../../wire/folder-check.js';
import type { HostFailure } from '../hosts/host-failure.js';

export interface HostStatus {
  readonly name: string;
  readonly reachable: boolean;
  /**
   * The last attempt to reach the host, when it failed and the host is not reachable; absent before one has
   * failed.
   */
  readonly failure?: HostFailure;
  readonly domains: number;
  /** Whether the host tells what runs there without being managed. */
  readonly tellsNames: boolean;
  /** Domains whose configuration the host cannot find or read, and that are not gone. */
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
    /** They are gone, and too many at once to be retired without an admin. */
    readonly waiting: readonly DomainName[];
    /** They went and came back, so their roles do not count. */
    readonly held: readonly DomainName[];
  };
  /** Null when there is no maintenance. */
  readonly maintenance: MaintenanceRow | null;
  readonly audit: {
    readonly seq: number;
    readonly hash: string;
    /** Why the audit log cannot be written, so that nothing can be changed; null when it can. */
    readonly trouble: string | null;
  };
  /** The folders that the gate writes to, tried just now. The first is the state directory. */
  readonly folders: readonly FolderCheck[];
}

/** `POST /announcements`. */
export interface AnnouncementMade {
  readonly text: string;
  /** How many sessions read it right away. */
  readonly told: number;
}

/** `GET /maintenance`, and the requests that change it. */
export interface MaintenanceStatus {
  /** Null when there is no maintenance. */
  readonly maintenance: MaintenanceRow | null;
}

export interface PolicyStatus {
  readonly revision: number;
  /** SHA-256 over its files, hex. */
  readonly digest: string;
  readonly rules: number;
  readonly limits: number;
  readonly sessionLimits: number;
  /** The problems of the files. While there are any, the policy accepted last is in force. */
  readonly problems: readonly string[];
}

/** `POST /policy/reload`. */
export interface PolicyReload {
  readonly accepted: boolean;
  readonly revision: number;
  readonly changed: boolean;
  /** One printable line each, with its place. */
  readonly problems: readonly string[];
}
