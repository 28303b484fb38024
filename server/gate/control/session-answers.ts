import type { AuthorityName, CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';

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
