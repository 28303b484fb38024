import type { DomainState } from '../../../policy/domain-state.js';
import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { LastBackup, RefusalCounts } from '../../store/audit-figures.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import type { ConsoleState } from '../../wire/domain.js';
import type { FolderRoom } from '../../wire/folder-check.js';
import type { HalfStatus } from '../../wire/half-status.js';
import type { Verb } from '../../wire/contract.js';
import type { OpenConsoles } from '../access/live-attachments.js';
import type { NoticeChannelStatus } from '../notices/notice-delivery.js';
import type { GateStatus, HostStatus, PolicyStatus } from './status-answers.js';
import type { LiveSession, WorkerStatus } from './control-ports.js';

/** `GET /overview`: all that an admin wants to see at a glance. Times are ISO 8601. */
export interface Overview {
  /** When this was true. */
  readonly at: string;
  readonly version: string;
  readonly startedAt: string;
  readonly sessions: Readonly<Record<LiveSession['what'], number>>;
  readonly consoles: OpenConsoles;
  /** Empty where one process is the whole gate. A gate that knows of no workers leaves it out. */
  readonly workers?: readonly WorkerStatus[];
  readonly policy: PolicyStatus;
  readonly maintenance: MaintenanceRow | null;
  readonly audit: {
    readonly seq: number;
    /** Why it cannot be written; null when it can. */
    readonly trouble: string | null;
  };
  readonly folders: readonly FolderRoom[];
  readonly hosts: readonly HostOverview[];
  readonly domains: GateStatus['domains'];
  readonly expiring: ExpiringKeys;
  readonly refused: RefusalCounts & { readonly since: string };
  /** The admins' channels for notices, and the one for customers. A gate that knows none leaves it out. */
  readonly notices?: readonly NoticeChannelStatus[];
  /** Null when none was ever made. */
  readonly backup: LastBackup | null;
}

/** A Xen host at a glance. What is said of its domains was heard at `lookedAt`. */
export interface HostOverview extends HostStatus {
  /** Null when its half does not answer, or is older than the question. */
  readonly half: HalfStatus | null;
  /** When its half said anything last; null when it never did. */
  readonly heardAt: string | null;
  /** When its toolstack answered last; null when it never did, or manages no domain. */
  readonly lookedAt: string | null;
  readonly states: Readonly<Partial<Record<DomainState, number>>>;
  readonly attached: Readonly<Partial<Record<ConsoleState, number>>>;
  readonly underWay: readonly OperationOverview[];
}

export interface OperationOverview {
  readonly id: string;
  readonly domain: DomainName;
  readonly verb: Verb;
  readonly by: CustomerName;
  readonly startedAt: string;
  /** It waits for others: how many are ahead; 0 when it runs. */
  readonly place: number;
}

/** The registered keys that expire soon. */
export interface ExpiringKeys {
  /** Days from now. */
  readonly within: number;
  readonly count: number;
  /** The next ones. */
  readonly next: readonly {
    readonly customer: CustomerName;
    readonly fingerprint: Fingerprint;
    readonly expiresAt: string;
  }[];
}
