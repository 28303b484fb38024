import type { Fingerprint } from '../../../policy/names.js';
import { inNetworks } from '../../../policy/network.js';
import { isSecurityKeyType } from '../../../policy/key-types.js';
import type { CertificateNote } from '../../store/audit-actor.js';
import { readAssertion, type Assertion } from '../keys/assertion.js';
import type { Authority } from '../../store/records.js';
import { readCertificate } from '../certificates/certificate.js';
import type { Certificate } from '../certificates/certificate.js';
import { certificateNote } from '../certificates/login-certificate.js';
import type { RevokedKeys } from '../certificates/revoked-keys.js';
import type {
  CertificateAnswerer,
  CertificateRequest,
  CounterRegress,
  Counters,
  LoginAnswer,
  LoginFound,
  RefusedBecause,
} from './authenticate.js';
import { certificateAlgorithm } from './certificate-algorithms.js';
import type { CertifiedAccounts } from './certified-accounts.js';
import { typeOf, type SignatureCheck } from './signature-check.js';
import { readSignature } from './ssh-signature.js';

export interface CertificateLoginParts {
  readonly accounts: Pick<CertifiedAccounts, 'authority' | 'find'>;
  readonly limits: { readonly rsaMinimumBits: number };
  readonly revokedKeys: Pick<RevokedKeys, 'refresh' | 'problem'>;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/**
 * Decides about logins by OpenSSH user certificates. The CA's signature is verified before anything else is
 * asked, with the stored key of the CA or with a dummy. So a client without a genuine certificate learns
 * nothing, and each request costs one verification, or two with a signature.
 *
 * A probe with a genuine certificate is always asked to sign, whatever the login name: the answer tells nothing
 * about names, and only a signature makes it certain, for the log, who could not come in.
 */
export class CertificateLogin implements CertificateAnswerer {
  readonly #check: SignatureCheck;
  readonly #authorityCheck: SignatureCheck;
  readonly #counters: Counters;
  readonly #parts: CertificateLoginParts;
  readonly #clock: () => number;

  /** @param authorityCheck verifies the signatures of CAs; when left out, `check` verifies all */
  constructor(
    check: SignatureCheck,
    counters: Counters,
    parts: CertificateLoginParts,
    authorityCheck: SignatureCheck = check,
  ) {
    this.#check = check;
    this.#authorityCheck = authorityCheck;
    this.#counters = counters;
    this.#parts = parts;
    this.#clock = parts.clock ?? Date.now;
  }

  /** @throws what the store throws; the caller must then refuse */
  answer({ login, source, algorithm, blob, signature }: CertificateRequest): LoginAnswer {
    const isTry = signature !== null;
    const { accounts, limits, revokedKeys } = this.#parts;
    revokedKeys.refresh();
    const expected = certificateAlgorithm(algorithm);
    if (expected === null) return refused('algorithm-not-offered', isTry);
    const certificate = typeOf(blob) === expected.type ? readCertificate(blob, limits) : 'unreadable';
    if (typeof certificate === 'string') return refused(`certificate-${certificate}`, isTry);
    const byAuthority = readSignature(certificate.signature);
    const { fingerprint } = certificate.key;
    if (byAuthority === null) return refused('certificate-algorithm-not-offered', isTry, fingerprint);

    const authority = accounts.authority(certificate.authority.fingerprint);
    const { blob: signedBy } = certificate.authority;
    const claim = { ...byAuthority, blob: signedBy, signed: certificate.signed };
    const isGenuine = this.#authorityCheck.verify(authority?.blob ?? null, claim);
    const given =
      signature?.whole === undefined || signature.whole === null ? null : readSignature(signature.whole);
    const assertion =
      given !== null && isSecurityKeyType(given.algorithm) ? readAssertion(given.whole) : null;
    // Nothing that a signature says counts before it is verified, below.
    const verified = isTry ? assertion?.verified === true : null;
    const found = accounts.find(login, certificate, authority, verified);
    if (signature === null) {
      return isGenuine ? { kind: 'sign-please' } : refused(notGenuine(authority), false, fingerprint);
    }

    const isOwners =
      given?.algorithm === expected.signs &&
      this.#check.verify(isGenuine ? certificate.key.blob : null, {
        ...given,
        blob: certificate.key.blob,
        signed: signature.signed,
      });
    if (authority === null || !isGenuine) return refused(notGenuine(authority), true, fingerprint);
    const refuses = (because: RefusedBecause, regress: CounterRegress | null = null): LoginAnswer =>
      refused(because, true, fingerprint, regress, certificateNote(certificate, authority));
    if (!isOwners) return refuses('wrong-signature');
    const because = this.#refuses(certificate, source, assertion) ?? refusesFound(found);
    if (because !== null || found === null) return refuses(because ?? 'certificate-not-for-login');
    const regress = assertion === null ? null : this.#regress(found, assertion);
    if (regress !== null) return refuses('counter-went-back', regress);
    return { kind: 'accepted', found, login, verified: verified === true };
  }

  /** A counter is kept for registered keys only; it holds for a certificate over the same key. */
  #regress({ customer, key }: LoginFound, { counter }: Assertion): CounterRegress | null {
    const last = this.#counters.advanceCounter(customer, key.fingerprint, counter);
    return last === null ? null : { customer, last, counter };
  }

  /** What is wrong with a genuine certificate, whoever logs in with it. */
  #refuses(
    certificate: Certificate,
    source: string | undefined,
    assertion: Assertion | null,
  ): RefusedBecause | null {
    const { options, validAfter, validBefore } = certificate;
    const now = this.#clock();
    if (typeof options === 'string') return `certificate-${options}`;
    if (this.#parts.revokedKeys.problem !== null) return 'revoked-keys-unreadable';
    if (now < validAfter) return 'certificate-not-valid-yet';
    if (validBefore !== null && now >= validBefore) return 'certificate-expired';
    if (options.sources !== null && inNetworks(options.sources, source ?? '') !== true)
      return 'certificate-not-for-source';
    // As for registered keys, a touch is always required, whatever the certificate permits.
    if (assertion !== null && !assertion.present) return 'user-not-present';
    // Only a security key can say that its user was verified.
    return options.verifyRequired && assertion?.verified !== true ? 'user-not-verified' : null;
  }
}

function refusesFound(found: LoginFound | null): RefusedBecause | null {
  if (found === null) return 'certificate-not-for-login';
  const { standing } = found;
  if (standing.here) return null;
  if (standing.fault === 'verification') return 'user-not-verified';
  // Whether a CA may speak for somebody tells that there is such a customer.
  if (standing.why === 'authority-not-trusted' || standing.why === 'key-revoked')
    return 'certificate-not-for-login';
  return standing.why;
}

function notGenuine(authority: Authority | null): RefusedBecause {
  return authority === null ? 'certificate-authority-unknown' : 'certificate-forged';
}

function refused(
  because: RefusedBecause,
  isTry: boolean,
  fingerprint: Fingerprint | null = null,
  regress: CounterRegress | null = null,
  certificate: CertificateNote | null = null,
): LoginAnswer {
  const note = certificate === null ? {} : { certificate };
  return { kind: 'refused', because, isTry, fingerprint, regress, ...note };
}
