import type { AuthorityName, CustomerName, Fingerprint } from '../../policy/names.js';

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
