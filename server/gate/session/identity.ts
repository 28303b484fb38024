import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { LoginCertificate } from '../certificates/login-certificate.js';

/**
 * What authentication proved about a connection. Immutable; `Connection` makes it when it accepts a login.
 */
export interface Identity {
  readonly customer: CustomerName;
  /** Of the key that signed; for a login by a certificate, of the key inside. */
  readonly fingerprint: Fingerprint;
  /** Whether a security key has verified its user at this login, by PIN or fingerprint. */
  readonly verified: boolean;
  /** Set when they logged in by a certificate. Then no registered key counts, not even the same one. */
  readonly certificate?: LoginCertificate;
  /** The source address, without the port. */
  readonly source: string;
  /** The connection's id; all its log lines and audit rows have it. */
  readonly connection: string;
  /** Set when the login name was a domain's: the session begins on that domain's page. */
  readonly domain: DomainName | null;
}
