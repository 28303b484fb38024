import type { AuthorityName, CustomerName, Fingerprint } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import type { Holders } from '../../store/holders.js';
import type { LoginCandidate } from '../../store/logins.js';
import type { Authority } from '../../store/records.js';
import { speaksFor, standing } from '../access/standing.js';
import type { Certificate } from '../certificates/certificate.js';
import { keyInside } from '../certificates/login-certificate.js';
import type { LoginCertificate } from '../certificates/login-certificate.js';
import type { RevocationList } from '../certificates/revocation-list.js';
import type { LoginFound } from './authenticate.js';

interface CertifiedAccountsParts {
  readonly logins: { candidates(login: string): readonly LoginCandidate[] };
  readonly authorities: { find(fingerprint: Fingerprint): Authority | null };
  readonly holders: Pick<Holders, 'find' | 'rolesHeld'>;
  /** Null where no policy can be read. */
  readonly policy: () => Policy | null;
  readonly revoked: RevocationList;
  readonly clock?: () => Date;
}

/** Stands in for the name of a CA that is not trusted, and goes no further. */
const NOBODYS = '' as AuthorityName;

/** The customers whom certificates let in, with the same number of reads whatever the answer. */
export class CertifiedAccounts {
  readonly #parts: CertifiedAccountsParts;

  constructor(parts: CertifiedAccountsParts) {
    this.#parts = parts;
  }

  /** The trusted CA with this key. */
  authority(fingerprint: Fingerprint): Authority | null {
    return this.#parts.authorities.find(fingerprint);
  }

  /**
   * The customer whom a login name and a certificate mean together. Nothing is proven by it: the caller
   * verifies the signatures, and asks whether the certificate counts now.
   *
   * @param verified whether a security key has verified its user; null when nobody has signed yet
   */
  find(
    login: string,
    certificate: Certificate,
    authority: Authority | null,
    verified: boolean | null,
  ): LoginFound | null {
    const { logins, holders, policy, clock, revoked } = this.#parts;
    const inForce = policy();
    const found = candidateOf(logins.candidates(login), certificate, authority, inForce);
    // For an unknown login the same is read: the number of reads tells a stranger nothing.
    const customer = found?.customer ?? (login as CustomerName);
    const key = keyInside(customer, certificate);
    const proof: LoginCertificate = {
      key,
      authority: certificate.authority.fingerprint,
      authoritySeq: authority?.sinceSeq ?? 0,
      customerSeq: found?.customerSeq ?? 0,
      authorityName: authority?.name ?? NOBODYS,
      certificate,
      confinedTo: certificate.principals.includes(customer) ? null : (found?.domain ?? null),
    };
    const holder = holders.find(customer, key.fingerprint, proof);
    const ruled = inForce !== null && inForce.keyRules.length > 0;
    const held = ruled ? holders.rolesHeld(customer) : [];
    if (found === null || authority === null) return null;
    const { domain } = found;
    const ruledHolder = { ...holder, rolesHeld: () => held };
    const now = clock?.() ?? new Date();
    const here = standing(inForce, customer, ruledHolder, verified, now, { certificate, revoked });
    return { customer, domain, key, certificate: Object.freeze(proof), standing: here };
  }
}

/**
 * The one candidate for whom the certificate and its CA speak. Its principals name the customer. Or they name
 * the domain, and the CA speaks for one customer alone: with another CA, a domain that changed hands would
 * take the certificate of one customer to another.
 */
function candidateOf(
  candidates: readonly LoginCandidate[],
  { principals }: Certificate,
  authority: Authority | null,
  policy: Policy | null,
): LoginCandidate | null {
  if (authority === null) return null;
  const fitting = candidates.filter(
    ({ customer, domain }) =>
      (principals.includes(customer) || (domain !== null && authority.sole && principals.includes(domain))) &&
      speaksFor(customer, { ...authority, listed: authority.customers.includes(customer) }, policy),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}
