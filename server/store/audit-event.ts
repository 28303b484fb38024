import type { Action } from '../../policy/actions.js';
import type { DomainState } from '../../policy/domain-state.js';
import type { ParameterValues } from '../../policy/boot-parameter.js';
import type {
  BootProfileName,
  CustomerName,
  DomainName,
  Fingerprint,
  ParameterName,
} from '../../policy/names.js';
import type { Recorded } from '../../policy/recorded.js';
import type { RefusalCode } from '../../policy/refusal.js';
import type { Retirement } from './records.js';
import type { Role } from '../../policy/roles.js';

/** Who did it: a customer over a connection, or an admin on the control socket. */
export interface CustomerActor {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  readonly source: string;
  readonly connection: string;
}

/** An admin: the Unix login at the other end of control.sock, or who opened the database directly. */
export interface AdminActor {
  readonly admin: string;
}

export type EventActor = CustomerActor | AdminActor;

interface OnDomain {
  readonly actor: CustomerActor;
  readonly domain: DomainName;
}

/** Each action of a customer on a domain that changes it has an intent, and the intent has an outcome. */
type Intents = {
  readonly [A in Action]: {
    readonly kind: `domain.${A}.requested`;
    readonly operation: string;
    readonly profile: BootProfileName | null;
    /** What the profile's parameters are to be; not there when it has none. */
    readonly parameters?: ParameterValues;
    /** Of `sysrq`: its key; not in rows from before it was recorded. */
    readonly key?: string;
    /** Of `log-switch`: whether the log is kept from then on. */
    readonly keep?: boolean;
    readonly rule: string;
    /** Policy revision that allowed it. */
    readonly revision: number;
  } & OnDomain;
}[Action];

/**
 * What happened: a closed union, past tense. No key material, no console bytes. The hash chain is over the canonical JSON
 * of these.
 */
export type AuditEvent =
  | { readonly kind: 'gate.started'; readonly version: string; readonly revision: number }
  | { readonly kind: 'gate.stopped'; readonly reason: string }
  | { readonly kind: 'login.accepted'; readonly actor: CustomerActor; readonly login: string }
  /** `login` is made printable and cut at 64 characters; never says whether the customer exists. */
  | {
      readonly kind: 'login.refused';
      readonly source: string;
      readonly connection: string;
      readonly login: string;
      readonly fingerprint: Fingerprint | null;
      readonly reason: string;
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
      /** For exec, the verb of the grammar only, never arguments that may hold key material. */
      readonly command: string | null;
    }
  | Intents
  | {
      readonly kind: 'domain.denied';
      readonly actor: CustomerActor;
      /** As the customer spelt it, made printable, at most 80 characters. */
      readonly domain: string;
      readonly action: Action;
      readonly code: RefusalCode;
      readonly detail: string;
      /** The customer is told it, to ask by; these are not in rows from before there were references. */
      readonly reference?: string;
      readonly profile?: BootProfileName | null;
      /** Of a SysRq. */
      readonly key?: string;
      /** Policy revision that denied it. */
      readonly revision?: number;
      /** What the domain did, where it was known. */
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
  | {
      readonly kind: 'console.attached' | 'console.detached' | 'console.taken';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly mode: 'write' | 'watch';
      readonly operation: string;
    }
  | {
      readonly kind: 'customer.added' | 'customer.removed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
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
    }
  | {
      readonly kind: 'key.added' | 'key.removed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      readonly type: string;
    }
  | {
      readonly kind: 'key.expiry.set';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly fingerprint: Fingerprint;
      /** Null: never. */
      readonly expiresAt: string | null;
    }
  | {
      readonly kind: 'role.added' | 'role.removed';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly role: Role;
    }
  | {
      readonly kind: 'domain.retired';
      readonly actor: EventActor | null;
      readonly domain: DomainName;
      /** Not in rows from before it was recorded. */
      readonly why?: Retirement;
    }
  | { readonly kind: 'domain.adopted'; readonly actor: EventActor | null; readonly domain: DomainName }
  /** It is said to be gone, and so are too many others: it is not retired without an admin. */
  | { readonly kind: 'domain.retirement.waits'; readonly actor: null; readonly domain: DomainName }
  /** An admin has said that it is not gone. */
  | { readonly kind: 'domain.kept'; readonly actor: EventActor; readonly domain: DomainName }
  | {
      readonly kind: 'domain.parameter.set';
      readonly actor: EventActor;
      readonly domain: DomainName;
      readonly parameter: ParameterName;
      readonly value: string;
    }
  | {
      readonly kind: 'domain.parameter.unset';
      readonly actor: EventActor;
      readonly domain: DomainName;
      readonly parameter: ParameterName;
    }
  | {
      readonly kind: 'policy.loaded' | 'policy.rejected';
      readonly actor: EventActor | null;
      readonly revision: number;
      readonly digest: string;
      readonly problems: readonly string[];
    }
  /**
   * An admin makes the policy files those of an earlier revision, while `from` is in force; recorded before it is done. What is then read of them is a
   * `policy.loaded` like any other.
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
  /** `operation` is the visit's. A visit has several when the policy is changed meanwhile. */
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
      /** Of the file. */
      readonly bytes: number;
      /** Bytes of the visit that the disk did not take in time. */
      readonly missed: number;
    }
  /** A visit that policy wants recorded goes on, or is refused, without. */
  | {
      readonly kind: 'recording.failed';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly operation: string;
      readonly detail: string;
    }
  /** `customer` is whose visit it was. */
  | {
      readonly kind: 'recording.exported';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly recording: string;
    }
  /** By age or size when nobody is named. */
  | {
      readonly kind: 'recording.removed';
      readonly actor: EventActor | null;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly recording: string;
      readonly reason: 'age' | 'size';
    }
  /** `recording` as the customer spelt it, made printable, at most 80 characters. */
  | {
      readonly kind: 'recording.denied';
      readonly actor: CustomerActor;
      readonly recording: string;
      readonly detail: string;
    }
  | { readonly kind: 'announcement.made'; readonly actor: EventActor; readonly text: string }
  | {
      readonly kind: 'maintenance.began';
      readonly actor: EventActor;
      readonly sentence: string;
      readonly consolesClosed: boolean;
      readonly until: string | null;
    }
  /** By itself, when its time was over, when nobody is named. */
  | { readonly kind: 'maintenance.ended'; readonly actor: EventActor | null }
  | { readonly kind: 'backup.made'; readonly actor: EventActor; readonly file: string };

export type AuditKind = AuditEvent['kind'];

/** A row of the audit log: `hash` is SHA-256 (hex) over `prev` and the canonical JSON of seq, at and event. */
export interface AuditRow {
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly event: AuditEvent;
  readonly prev: string;
  readonly hash: string;
}
