import type { LoginCandidate } from '../../store/logins.js';
import type { Authority } from '../../store/records.js';
import type { Certificate } from '../certificates/certificate.js';
import type { LoginFound } from '../ssh/authenticate.js';
import type { AskedKey } from './asked-key.js';
import { speaksFor } from '../access/standing.js';
import type { LoginWorld } from './login-world.js';

/** What stands in a certificate, and whom the gate finds by it. */
export interface CertificateForecast {
  readonly certificate: Certificate;
  /** Null: its CA is not trusted. */
  readonly authority: Authority | null;
  /** Whom the login name and the certificate mean, if a security key verifies its user. */
  readonly found: LoginFound | null;
  /** Whom the login name alone may mean, and whether the CA speaks for them. */
  readonly candidates: readonly (LoginCandidate & { readonly isSpokenFor: boolean })[];
  /** `found` if it does not verify. */
  readonly unverified: LoginFound | null;
  /** An address at which it is good; null: at any, or at none. */
  readonly goodFrom: string | null;
  /** Why the list of revoked keys cannot be read; null: it can. */
  readonly problem: string | null;
  /** The key inside was registered for the customer, and was removed. */
  readonly keyRemoved: boolean;
  /** When the customer was given the name that somebody else had before. ISO 8601; null: nobody had it. */
  readonly namedAt: string | null;
}

/** Asks the accounts that decide about logins. @returns null when it is no certificate, or one that cannot be read */
export function certificateForecast(
  { store, policy, certificates }: LoginWorld,
  { login, certificate }: AskedKey & { readonly login: string },
): CertificateForecast | null {
  if (certificate === undefined || typeof certificate === 'string' || certificates === null) return null;
  const { accounts, revokedKeys } = certificates;
  revokedKeys.refresh();
  const authority = accounts.authority(certificate.authority.fingerprint);
  const found = accounts.find(login, certificate, authority, true);
  const { options } = certificate;
  const [network] = typeof options === 'string' ? [] : (options.sources ?? []);
  const trust =
    found === null
      ? null
      : store.holders.find(found.customer, found.key.fingerprint, found.certificate).trust;
  return {
    certificate,
    authority,
    found,
    candidates: store.logins.candidates(login).map((one) => ({
      ...one,
      isSpokenFor:
        authority !== null &&
        speaksFor(one.customer, { ...authority, listed: authority.customers.includes(one.customer) }, policy),
    })),
    unverified: accounts.find(login, certificate, authority, false),
    goodFrom: network?.replace(/\/.*/, '') ?? null,
    problem: revokedKeys.problem,
    keyRemoved: trust?.keyRemoved === true,
    namedAt: trust?.namedAt ?? null,
  };
}
