import type { GuestType } from '../../../policy/guest-type.js';
import type { AuthorityName, CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { RecordingName } from '../recording/recording-name.js';
import type { HostFailure } from '../hosts/host-failure.js';
import type { Outgrown } from '../recording/retention.js';
import type { FolderCheck } from '../../wire/folder-check.js';
import type { MissingReason } from '../../wire/domain.js';
import type { ParameterOffer } from '../../wire/contract.js';
import type { Authority, Customer, DomainRecord, Key, ParameterRow, RoleRow } from '../../store/records.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import type { Applied } from '../../store/declarations.js';
import type { CertificateNote } from '../../store/audit-actor.js';
import type { Finding } from '../../store/audit-verifier.js';

/** One request of a refused connection, and why it was refused. */
export interface ExplainedTry {
  readonly login: string;
  readonly method: string;
  readonly algorithm: string | null;
  readonly fingerprint: Fingerprint | null;
  /** The key's type, or where the key is unknown the algorithm of its signature. */
  readonly type: string | null;
  /** The reason's name, as in `--json` and the audit log. */
  readonly because: string;
  readonly signed: boolean;
  readonly why: string;
  readonly mend: string;
  /** Only of a certificate that a trusted CA has signed. */
  readonly certificate: CertificateNote | null;
  /** The rule of the policy that does not allow the key, as `file:line`. */
  readonly rule: string | null;
  /** Whether the same would be accepted now. */
  readonly acceptedNow: boolean;
}

/** A connection by which nobody has logged in. */
export interface RefusedLogin {
  readonly at: string;
  readonly source: string;
  readonly connection: string | null;
  /** The client's identification, without `SSH-2.0-`. */
  readonly client: string | null;
  readonly because: string;
  readonly detail: string | null;
  readonly times: number;
  /** The audit log knows less, and keeps it longer. */
  readonly from: 'memory' | 'audit';
  /** Null where the tries say it, as is `mend`. */
  readonly why: string | null;
  readonly mend: string | null;
  readonly tries: readonly ExplainedTry[];
}

/** `GET /logins/refused`. */
export interface RefusedLogins {
  readonly refused: readonly RefusedLogin[];
  /** All of it as text for a terminal. */
  readonly text: string;
}

/** `POST /logins/explain`. */
export interface ExplainedLogin {
  readonly login: string;
  readonly fingerprint: Fingerprint;
  readonly type: string | null;
  readonly accepted: boolean;
  readonly because: string | null;
  readonly customer: CustomerName | null;
  readonly rule: string | null;
  readonly why: string | null;
  readonly mend: string | null;
  /** Only of a certificate that a trusted CA has signed. */
  readonly certificate: CertificateNote | null;
  /** What would refuse it although the key is right. */
  readonly remarks: readonly string[];
  readonly text: string;
}

/** A host key on the gate's disk. */
export interface HostKeyView {
  /** `offered` in key exchanges, `next`: only announced, `retired`: neither. */
  readonly use: 'offered' | 'next' | 'retired';
  readonly type: string;
  /** Of RSA; null for other types. */
  readonly bits: number | null;
  readonly fingerprint: Fingerprint;
  readonly file: string;
  readonly madeAt: string;
}

/** How many customers have logged in since the next host key was made. Those who never came do not count. */
export interface HostKeyLearned {
  readonly since: string;
  readonly customers: number;
  /** Those who have not. */
  readonly behind: readonly CustomerName[];
}

/** `GET /host-keys`. */
export interface HostKeyList {
  readonly keys: readonly HostKeyView[];
  /** Sentences about next and former keys that cannot be used. */
  readonly problems: readonly string[];
  /** One for each rotation that has begun. */
  readonly rotations: readonly (HostKeyLearned & { readonly fingerprint: Fingerprint })[];
}

/** A step of a rotation that was made. */
export interface HostKeyStep {
  readonly step: 'began' | 'finished' | 'cancelled';
  readonly type: string;
  /** The next key; null for a dropped one that could not be read. */
  readonly fingerprint: Fingerprint | null;
  readonly former: Fingerprint;
  /** The file of the key that is offered. */
  readonly file: string;
}

/** A key as admins see it. */
export interface KeyView {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly type: string;
  readonly comment: string;
  readonly addedAt: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
  /** Whether the customer added it. */
  readonly own: boolean;
  /** The file that declares it; null: it was made by hand. */
  readonly declared: string | null;
  /** The line of a .pub file, without the comment. */
  readonly publicKey: string;
}

export function keyView({ blob, ...key }: Key): KeyView {
  return { ...key, publicKey: `${key.type} ${blob.toString('base64')}` };
}

/** A CA as admins see it. */
export interface AuthorityView extends Omit<Authority, 'blob' | 'sinceSeq' | 'sole'> {
  /** The line of a .pub file, without a comment. */
  readonly publicKey: string;
}

export function authorityView(authority: Authority): AuthorityView {
  const { name, fingerprint, type, blob, addedAt, everybody, customers, groups, declared } = authority;
  const publicKey = `${type} ${blob.toString('base64')}`;
  return { name, fingerprint, type, addedAt, everybody, customers, groups, declared, publicKey };
}

/** `DELETE /authorities/NAME`. */
export interface AuthorityRemoved {
  readonly authority: AuthorityView;
  readonly sessionsEnded: number;
}

/** `POST /declarations`. */
export interface DeclarationsApplied extends Applied {
  readonly sessionsEnded: number;
}

/** `GET /declarations`: all that files can declare. */
export interface Declared {
  readonly customers: readonly Customer[];
  readonly keys: readonly KeyView[];
  readonly roles: readonly RoleRow[];
  readonly parameters: readonly {
    readonly domain: DomainName;
    readonly parameters: readonly ParameterRow[];
  }[];
  readonly authorities: readonly AuthorityView[];
}

/** `POST /keys/expire`. */
export interface KeysExpiring {
  readonly keys: readonly KeyView[];
  /** Customers whose old keys were left as they are, because they have no others. */
  readonly left: readonly CustomerName[];
}

/** `POST /customers/NAME/rename`. */
export interface CustomerRenamed {
  readonly customer: Customer;
  readonly sessionsEnded: number;
  /** Where the policy names the customer's old name; null when the policy cannot be read. */
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
  /** Recordings of their consoles, which stay as long as recordings do. */
  readonly recordings: number;
  /** Where the policy names the customer; null when the policy cannot be read. */
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
  /** The CA of the certificate; missing for a login by a registered key. */
  readonly authority?: AuthorityName;
  readonly source: string;
  /** Set when the login name was a domain's. */
  readonly domain: DomainName | null;
  readonly openedAt: string;
  /** `connection`: logged in, and without a session. */
  readonly what: 'menu' | 'plain-menu' | 'exec' | 'connection';
  readonly command: string | null;
}

/** `GET /live`: who is here, and on which consoles. */
export interface LiveView {
  readonly at: string;
  readonly sessions: readonly (SessionView & { readonly consoles: readonly LiveConsole[] })[];
}

/** A console that a session has open. */
export interface LiveConsole {
  readonly domain: DomainName;
  /** Null: no host is known to have the domain. */
  readonly host: string | null;
  /** What the customer may do now. */
  readonly mode: 'write' | 'watch';
  readonly since: string;
}

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

export interface RecordingView extends RecordingName {
  /** Null while it has not ended. */
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
  /**
   * The hosts whose journals were compared, with the number of entries; `problem` when a journal could not be
   * read.
   */
  readonly witnesses: readonly {
    readonly host: string;
    readonly entries: number;
    readonly problem: string | null;
  }[];
}
