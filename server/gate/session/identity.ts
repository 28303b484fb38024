import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';

/**
 * What authentication proved about a connection. Immutable; `Connection` makes it when it accepts a login.
 */
export interface Identity {
  readonly customer: CustomerName;
  readonly fingerprint: Fingerprint;
  /** Whether a security key has verified its user at this login, by PIN or fingerprint. */
  readonly verified: boolean;
  /** The source address, without the port. */
  readonly source: string;
  /** The connection's id; all its log lines and audit rows have it. */
  readonly connection: string;
  /** Set when the login name was a domain's: the session begins on that domain's page. */
  readonly domain: DomainName | null;
}
