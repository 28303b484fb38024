import type { Action } from '../../policy/actions.js';
import type { DomainState } from '../../policy/domain-state.js';
import type { ParameterValues } from '../../policy/boot-parameter.js';
import type {
  AuthorityName,
  BootProfileName,
  CustomerName,
  DomainName,
  Fingerprint,
  ImageName,
  ParameterName,
} from '../../policy/names.js';
import type { Recorded } from '../../policy/recorded.js';
import type { RefusalCode } from '../../policy/refusal.js';
import type { Retirement } from './records.js';
import type { Role } from '../../policy/roles.js';

/** The person who acted: a customer, over a connection. */
export interface CustomerActor {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly source: string;
  readonly connection: string;
}

/** The certificate of a login. */
export interface CertificateNote {
  /** The CA's key. */
  readonly authority: Fingerprint;
  readonly authorityName: AuthorityName;
  /** As the CA wrote it, made printable, at most 128 characters. */
  readonly keyId: string;
  /** Decimal: it may be beyond what JSON's numbers tell apart. */
  readonly serial: string;
  /** When it ends, ISO 8601. Only there for one that lasts 30 days or more, and not in rows of old versions. */
  readonly validUntil?: string;
}

/**
 * An admin: the Unix login at the other end of control.sock, or the one that opened the database directly.
 */
export interface AdminActor {
  readonly admin: string;
}

export type EventActor = CustomerActor | AdminActor;

interface OnDomain {
  readonly actor: CustomerActor;
  readonly domain: DomainName;
}

/** Every action that changes a domain has an intent, and every intent has an outcome. */
type Intents = {
  readonly [A in Action]: {
    readonly kind: `domain.${A}.requested`;
    readonly operation: string;
    /** Of a rescue the boot profile, of a reinstallation the image. */
    readonly profile: BootProfileName | ImageName | null;
    /** The values of the profile's parameters; missing when it has none. */
    readonly parameters?: ParameterValues;
    /** With `sysrq`: its key; missing in rows from before it was recorded. */
    readonly key?: string;
    /** With `rescue` and `extend`: seconds from the boot to the end; missing when it has none. */
    readonly forSeconds?: number;
    /** With `log-switch`: whether the log is kept from then on. */
    readonly keep?: boolean;
    readonly rule: string;
    /** The policy revision that allowed it. */
    readonly revision: number;
  } & OnDomain;
}[Action];

/**
 * The events of the audit log: a closed union, past tense. No key material, no console bytes. The hash chain
 * covers their canonical JSON.
 */
export type AuditEvent =
  | { readonly kind: 'gate.started'; readonly version: string; readonly revision: number }
  | { readonly kind: 'gate.stopped'; readonly reason: string }
  | {
      readonly kind: 'login.accepted';
      readonly actor: CustomerActor;
      readonly login: string;
      /** Only there when a security key has verified its user, by PIN or fingerprint. */
      readonly verified?: true;
      /** Missing for a login by a registered key. The actor's fingerprint is of the key inside. */
      readonly certificate?: CertificateNote;
    }
  /** `login` is made printable and cut at 64 characters. The event never says whether the customer exists. */
  | {
      readonly kind: 'login.refused';
      readonly source: string;
      readonly connection: string;
      readonly login: string;
      readonly fingerprint: Fingerprint | null;
      readonly reason: string;
      /** Only when its CA is one of ours and has signed it. */
      readonly certificate?: CertificateNote;
    }
  | {
      readonly kind: 'source.penalised';
      readonly source: string;
      readonly seconds: number;
      readonly reason: string;
    }
  | { readonly kind: 'connection.closed'; readonly actor: CustomerActor; readonly seconds: number }
  | {
      readonly kind: 'session.opened' | 'session.closed';
      readonly actor: CustomerActor;
      readonly session: string;
      readonly what: 'menu' | 'plain-menu' | 'exec';
      /** For exec the verb only, never arguments, because they may hold key material. */
      readonly command: string | null;
    }
  | Intents
  | {
      readonly kind: 'domain.denied';
      readonly actor: CustomerActor;
      /** As the customer typed it, made printable, at most 80 characters. */
      readonly domain: string;
      readonly action: Action;
      readonly code: RefusalCode;
      readonly detail: string;
      /**
       * The customer is told the reference, to quote it. This and the fields below are missing in old rows.
       */
      readonly reference?: string;
      readonly profile?: BootProfileName | ImageName | null;
      /** With `sysrq`: its key. */
      readonly key?: string;
      /** The policy revision that denied it. */
      readonly revision?: number;
      /** The domain's state, where it was known. */
      readonly state?: DomainState | null;
      readonly booted?: BootProfileName | null;
    }
  | {
      readonly kind: 'operation.ended';
      readonly operation: string;
      readonly domain: DomainName;
      readonly outcome: 'done' | 'failed' | 'superseded' | 'refused' | 'lost';
      readonly code: RefusalCode | null;
      readonly detail: string | null;
    }
  /**
   * Its host has ended a rescue whose time was over, or tried to: nobody asked. `customer` asked for the rescue,
   * as the host's journal has it.
   */
  | {
      readonly kind: 'rescue.ended';
      readonly customer: CustomerName;
      readonly domain: DomainName;
      /** Of dom0; there is no intent of it. */
      readonly operation: string;
      readonly host: string;
      /** `normal`: it boots normally again. `shutdown`: it stays off. */
      readonly by: 'normal' | 'shutdown';
      readonly outcome: 'done' | 'failed' | 'superseded';
      readonly code: RefusalCode | null;
      readonly detail: string | null;
    }
  | {
      readonly kind: 'console.attached' | 'console.detached' | 'console.taken';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly mode: 'write' | 'watch';
      readonly operation: string;
    }
  /** Where a customer is told what happens. The address has its first letter and its domain only. */
  | {
      readonly kind: 'notice.address.asked' | 'notice.address.set' | 'notice.address.removed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly address: string;
    }
  | {
      readonly kind: 'notice.switched';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly on: boolean;
    }
  /** Somebody has left a console on which a shell seems to be logged in. */
  | {
      readonly kind: 'console.left.logged-in';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly operation: string;
    }
  /** Xen keeps the domain as crashed. `since` as its host tells it. */
  | {
      readonly kind: 'domain.crashed';
      readonly domain: DomainName;
      readonly host: string;
      readonly since: string;
    }
  /** The domain has booted so often in so many seconds, and nobody asked for it here. */
  | {
      readonly kind: 'domain.looping';
      readonly domain: DomainName;
      readonly host: string;
      readonly boots: number;
      readonly seconds: number;
    }
  | {
      readonly kind: 'customer.added' | 'customer.removed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'customer.renamed';
      readonly actor: EventActor;
      /** The old name. */
      readonly customer: CustomerName;
      readonly to: CustomerName;
    }
  | {
      readonly kind: 'customer.suspended' | 'customer.resumed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly reason: string | null;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'key.added' | 'key.removed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      readonly type: string;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'key.expiry.set';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      /** Null: never. */
      readonly expiresAt: string | null;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  /** The key expires soon: told once, so many days before. */
  | {
      readonly kind: 'key.expiring';
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      readonly expiresAt: string;
      readonly days: number;
    }
  /** The role ends by itself soon: told once, so many days before. */
  | {
      readonly kind: 'role.expiring';
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly role: Role;
      readonly expiresAt: string;
      readonly days: number;
    }
  /**
   * A login was refused because the signature counter of a security key was not above the last one: there may
   * be a copy of the key. `customer` is the one who would have logged in.
   */
  | {
      readonly kind: 'key.counter.regressed';
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      readonly source: string;
      readonly last: number;
      readonly counter: number;
    }
  /** A CA whose certificates let customers in. */
  | {
      readonly kind: 'authority.added' | 'authority.removed';
      readonly actor: EventActor;
      readonly authority: Fingerprint;
      readonly name: AuthorityName;
      readonly type: string;
      readonly everybody: boolean;
      readonly customers: readonly CustomerName[];
      readonly groups: readonly string[];
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'role.added';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly role: Role;
      /** When it ends by itself. ISO 8601; missing when it does not. */
      readonly until?: string;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  /** Without an actor: its time was over. */
  | {
      readonly kind: 'role.removed';
      readonly actor: EventActor | null;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly role: Role;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'domain.retired';
      readonly actor: EventActor | null;
      readonly domain: DomainName;
      /** Missing in rows from before it was recorded. */
      readonly why?: Retirement;
    }
  | { readonly kind: 'domain.adopted'; readonly actor: EventActor | null; readonly domain: DomainName }
  /**
   * Its host says that the domain is gone, but too many went at once: an admin must decide on its retirement.
   */
  | { readonly kind: 'domain.retirement.waits'; readonly actor: null; readonly domain: DomainName }
  /** An admin has said that the domain is not gone. */
  | { readonly kind: 'domain.kept'; readonly actor: EventActor; readonly domain: DomainName }
  | {
      readonly kind: 'domain.parameter.set';
      readonly actor: EventActor;
      readonly domain: DomainName;
      readonly parameter: ParameterName;
      readonly value: string;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'domain.parameter.unset';
      readonly actor: EventActor;
      readonly domain: DomainName;
      readonly parameter: ParameterName;
      /** The file that declares it; missing for a change by hand. */
      readonly file?: string;
    }
  | {
      readonly kind: 'policy.loaded' | 'policy.rejected';
      readonly actor: EventActor | null;
      readonly revision: number;
      readonly digest: string;
      readonly problems: readonly string[];
    }
  /**
   * An admin restores the policy files of an earlier revision, while `from` is in force. Recorded before it
   * is done. Loading the restored files is a `policy.loaded` like any other.
   */
  | {
      readonly kind: 'policy.restored';
      readonly actor: EventActor;
      readonly revision: number;
      readonly from: number;
    }
  | {
      readonly kind: 'session.ended';
      readonly actor: EventActor | null;
      readonly session: string;
      readonly reason: string;
    }
  /**
   * `operation` is the attachment's. An attachment has several recordings when the policy changes meanwhile.
   */
  | {
      readonly kind: 'recording.began';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly operation: string;
      readonly recording: string;
      readonly record: Exclude<Recorded, 'off'>;
    }
  | {
      readonly kind: 'recording.ended';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly operation: string;
      readonly recording: string;
      readonly reason: 'left' | 'policy' | 'full' | 'failed';
      /** The size of the file. */
      readonly bytes: number;
      /** Bytes of the attachment that the disk did not take in time. */
      readonly missed: number;
    }
  /** An attachment that must be recorded goes on without a recording, or is refused. */
  | {
      readonly kind: 'recording.failed';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly operation: string;
      readonly detail: string;
    }
  /** `customer` is the one whose attachment was recorded. */
  | {
      readonly kind: 'recording.exported';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly recording: string;
    }
  /** Without an actor: removed by age or size. */
  | {
      readonly kind: 'recording.removed';
      readonly actor: EventActor | null;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly recording: string;
      readonly reason: 'age' | 'size';
    }
  /** `recording` as the customer typed it, made printable, at most 80 characters. */
  | {
      readonly kind: 'recording.denied';
      readonly actor: CustomerActor;
      readonly recording: string;
      readonly detail: string;
    }
  /** Recorded before it is done. `began`: announced; `finished`: offered; `cancelled`: dropped. */
  | {
      readonly kind: 'hostkey.rotation.began' | 'hostkey.rotation.finished' | 'hostkey.rotation.cancelled';
      readonly actor: EventActor;
      readonly type: string;
      /** The next key; null for a dropped one that could not be read. */
      readonly fingerprint: Fingerprint | null;
      /** The key that was offered before the step. */
      readonly former: Fingerprint;
    }
  /** The step that was recorded last was not made. */
  | {
      readonly kind: 'hostkey.rotation.failed';
      readonly actor: EventActor;
      readonly type: string;
      readonly detail: string;
    }
  /** The gate was told to read its files again, and somebody had changed the host keys. */
  | { readonly kind: 'hostkeys.changed'; readonly actor: null; readonly announced: readonly Fingerprint[] }
  /**
   * After the changes that an admin made by files. `declared` rows, which hands or other files had made, are the
   * files' from then on, as they are; `released` ones are nobody's any more.
   */
  | {
      readonly kind: 'declarations.applied';
      readonly actor: EventActor;
      /** The directory or file, or the name that was given to a text. */
      readonly source: string;
      readonly changes: number;
      readonly declared: number;
      readonly released: number;
    }
  | { readonly kind: 'announcement.made'; readonly actor: EventActor; readonly text: string }
  | {
      readonly kind: 'maintenance.began';
      readonly actor: EventActor;
      readonly sentence: string;
      readonly consolesClosed: boolean;
      readonly until: string | null;
    }
  /** Without an actor: ended by itself when its time was over. */
  | { readonly kind: 'maintenance.ended'; readonly actor: EventActor | null }
  | { readonly kind: 'backup.made'; readonly actor: EventActor; readonly file: string };

export type AuditKind = AuditEvent['kind'];

/**
 * A row of the audit log. `hash` is SHA-256 (hex) over `prev` and the canonical JSON of seq, at and event.
 */
export interface AuditRow {
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly event: AuditEvent;
  readonly prev: string;
  readonly hash: string;
}
