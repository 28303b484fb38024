import type { AuthorityName, CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { EventActor } from '../../store/audit-actor.js';
import type { Witness } from '../../store/audit-verifier.js';
import type { RetentionLimits } from '../recording/retention.js';
import type { AttachmentQuery, OpenConsoles, ShownAttachment } from '../access/live-attachments.js';
import type { HostFailure } from '../hosts/host-failure.js';
import type { DomainObservations } from '../access/domain-observations.js';
import type { Contract } from '../../wire/contract.js';
import type { Accounts } from '../ssh/authenticate.js';
import type { CertificateLoginParts } from '../ssh/certificate-login.js';
import type { HostKeys } from '../ssh/host-keys.js';
import type { RefusedConnection } from '../ssh/refused-connections.js';
import type { DomainView, HostNames } from '../../wire/domain.js';
import type { NoticeChannelStatus, NoticeStatus } from '../notices/notice-delivery.js';
import type { HalfStatus } from '../../wire/half-status.js';

/** A live session, as the gate's list of them has it. */
export interface LiveSession {
  readonly id: string;
  readonly identity: {
    readonly customer: CustomerName;
    readonly fingerprint: Fingerprint;
    readonly source: string;
    readonly connection: string;
    readonly domain: DomainName | null;
    /** Set for a login by a certificate. */
    readonly certificate?: { readonly authority: Fingerprint; readonly authorityName: AuthorityName };
  };
  readonly openedAt: Date;
  /** `connection`: logged in, and without a session. */
  readonly what: 'menu' | 'plain-menu' | 'exec' | 'connection';
  readonly command: string | null;
}

/** What the gate lets admins do with live sessions. */
export interface LiveSessions {
  list(): readonly LiveSession[];
  /** Connections that have logged in and have no session. */
  withoutSession(): readonly LiveSession[];
  /** @returns false when there is no such session */
  end(id: string, sentence: string): boolean;
  /** @returns how many were ended */
  endWhere(predicate: (session: LiveSession) => boolean, sentence: string): number;
}

/** Tells everybody who is logged in what admins say. */
interface Announcements {
  /** @returns how many were told */
  make(text: string): Promise<number>;
}

/**
 * Makes a policy of the texts of files; a refusal says all that is wrong with them. Injected, because the
 * gate reads no policy files.
 */
export type ReadPolicy = (
  files: readonly { readonly file: string; readonly text: string }[],
) => Policy | Refusal;

/** The policy in force. */
export interface PolicyInForce {
  readonly policy: Policy;
  readonly revision: number;
  /** SHA-256 over its files, hex. */
  readonly digest: string;
  /** The problems of the files as they were last read; empty when the policy in force is theirs. */
  readonly problems: readonly string[];
  /**
   * Reads the files again, and records the result in the audit log. The gate ends those who lost a right by
   * it.
   */
  reload(
    actor: EventActor | null,
  ):
    | { readonly ok: true; readonly revision: number; readonly changed: boolean }
    | { readonly ok: false; readonly revision: number; readonly problems: readonly string[] };
}

/** The journal of a host, as a witness for the audit log. */
export interface HostJournal {
  readonly name: string;
  /** @throws when the host does not answer */
  journal(): AsyncIterable<Witness>;
}

/** A Xen host as the gate hears it. */
export interface Host extends HostJournal {
  readonly reachable: boolean;
  /** What it can do, as last heard; null when it was never heard. */
  readonly contract: Contract | null;
  /** What was last heard of its domains. */
  readonly domains: ReadonlyMap<DomainName, DomainView>;
  /** When it looked at all of them last, ISO 8601; null where it tells only when it looked at each. */
  readonly lookedAt: string | null;
  /** The last attempt to reach it that failed; null before one has failed. */
  readonly failure: HostFailure | null;
  /** When it said anything last; null when it never did. */
  readonly heardAt: Date | null;
  /** What its half says of itself now, within a second; null when it does not. */
  status(): Promise<HalfStatus | null>;
  /** What was last heard of other names; null when it tells none. */
  readonly names: HostNames | null;
}

/** What the gate knows of logins that were refused, or would be. */
export interface Logins {
  /** The accounts that decide about logins. */
  readonly accounts: Accounts;
  /** The parts that decide about logins by certificates; null: none is taken. */
  readonly certificates: CertificateLoginParts | null;
  readonly refused: { list(): readonly RefusedConnection[] };
  /** Whether connections from this address are closed at once. */
  isPenalised(address: string): boolean;
  /** @returns a sentence when the customer could not open one more connection */
  refusesConnection(customer: CustomerName): string | null;
}

/** A process that serves connections, in a gate of several. */
export interface WorkerStatus {
  readonly number: number;
  /** Null while it could not be started. */
  readonly pid: number | null;
  /** How many connections it has. */
  readonly connections: number;
  /** False while it starts. */
  readonly isReady: boolean;
}

/** What the gate tells whom. */
export interface SentNotices {
  /** @param limit the most messages */
  status(limit: number): NoticeStatus;
  counts(): readonly NoticeChannelStatus[];
  /** Sends a test by a channel. @returns null when its receiver has it */
  test(channel: string): Promise<Refusal | null>;
}

/** The parts that only a running gate has. */
export interface RunningGate {
  readonly version: string;
  readonly startedAt: Date;
  readonly sessions: LiveSessions;
  readonly announcements: Announcements;
  readonly policy: PolicyInForce;
  readonly readPolicy: ReadPolicy;
  readonly observations: DomainObservations;
  /** The number of matching consoles that are open now. */
  atOnce(query: AttachmentQuery): number;
  /** How many consoles are open now. */
  openConsoles(): OpenConsoles;
  /** The consoles that are open now. */
  attachments(): readonly ShownAttachment[];
  /** Empty where one process is the whole gate. */
  workers(): readonly WorkerStatus[];
  readonly hosts: readonly Host[];
  readonly hostKeys: HostKeys;
  readonly logins: Logins;
  readonly notices: SentNotices;
}

/** The settings that admins' commands need. */
export interface AdministrationSettings {
  /** Where a backup is made before it is handed over. */
  readonly state: string;
  readonly keys: { readonly perCustomer: number; readonly rsaMinimumBits: number };
  readonly certificates: { readonly revokedKeys: string | null };
  readonly recordings: RetentionLimits & { readonly directory: string };
}
