import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { CertificateNote } from '../../store/audit-actor.js';
import type { Key } from '../../store/records.js';
import type { LoginCertificate } from '../certificates/login-certificate.js';
import { fingerprintOf } from '../keys/public-key.js';
import type { Standing } from '../access/standing.js';
import { readAssertion, WEBAUTHN, type Assertion } from '../keys/assertion.js';
import { isSecurityKeyType } from '../../../policy/key-types.js';
import { isSignatureAlgorithm, SIGNATURE_ALGORITHMS } from './algorithms.js';
import { certificateAlgorithm } from './certificate-algorithms.js';
import { typeOf, type SignatureCheck } from './signature-check.js';

/** The customer that a login name and a key belong to, as the store says. */
export interface LoginFound {
  readonly customer: CustomerName;
  /** With a certificate, the key inside, as if it were registered for the certificate's time. */
  readonly key: Key;
  /** Set when it was found by a certificate. */
  readonly certificate?: LoginCertificate;
  /** Whether the customer may be here. */
  readonly standing: Standing;
  /** Set when the login name is a domain's. */
  readonly domain: DomainName | null;
}

/** Looks logins up, with the same number of reads whatever the answer. */
export interface Accounts {
  /** @param verified whether a security key has verified its user; null when nobody has signed yet */
  find(login: string, fingerprint: Fingerprint, verified: boolean | null): LoginFound | null;
}

/** Notes the signature counters of security keys. */
export interface Counters {
  /** @returns null when the counter was noted; else the last one, which this one is not above */
  advanceCounter(customer: CustomerName, fingerprint: Fingerprint, counter: number): number | null;
}

/** One SSH_MSG_USERAUTH_REQUEST. */
export interface LoginRequest {
  readonly login: string;
  readonly method: string;
  /** The client's address. Without one, no certificate that is bound to addresses counts. */
  readonly source?: string;
  /** Only with `publickey`. */
  readonly key?: {
    /** The algorithm's name as the client sent it. */
    readonly algorithm: string;
    readonly blob: Buffer;
    /** Null for a probe, which asks whether this key would do. */
    readonly signature: {
      readonly bytes: Buffer;
      /** The whole SSH signature, with its type and lengths; null when it cannot be told. */
      readonly whole: Buffer | null;
      readonly signed: Buffer;
    } | null;
  };
}

/** Why a login was refused, for the log and the audit; the client is told none of it. */
export type RefusedBecause =
  | 'method-not-offered'
  | 'algorithm-not-offered'
  | 'browser-signature'
  | 'unknown-login-or-key'
  | 'wrong-signature'
  | 'customer-suspended'
  | 'key-expired'
  | 'key-not-allowed'
  /** A security key that nobody touched. */
  | 'user-not-present'
  /** A security key that did not verify its user, where the policy or the certificate requires it. */
  | 'user-not-verified'
  | 'counter-went-back'
  | 'certificate-unreadable'
  | 'certificate-not-for-users'
  | 'certificate-key-not-taken'
  | 'certificate-algorithm-not-offered'
  | 'certificate-authority-unknown'
  | 'certificate-forged'
  | 'certificate-option-unknown'
  | 'certificate-option-unreadable'
  | 'certificate-not-valid-yet'
  | 'certificate-expired'
  | 'certificate-revoked'
  | 'certificate-not-for-source'
  | 'certificate-not-for-login'
  | 'revoked-keys-unreadable';

/** A security key whose signature counter is not above the last one: there may be a copy of it. */
export interface CounterRegress {
  readonly customer: CustomerName;
  readonly last: number;
  readonly counter: number;
}

export type LoginAnswer =
  | {
      readonly kind: 'accepted';
      readonly found: LoginFound;
      readonly login: string;
      /** Whether a security key has verified its user. */
      readonly verified: boolean;
    }
  /** Asks the client to sign with this key. Proves nothing and gives no right. */
  | { readonly kind: 'sign-please' }
  | {
      readonly kind: 'refused';
      readonly because: RefusedBecause;
      /**
       * Whether it counts as a try. A probe does not, nor does `none`: an agent full of keys is not locked
       * out.
       */
      readonly isTry: boolean;
      readonly fingerprint: Fingerprint | null;
      /** Set when `because` is `counter-went-back`. */
      readonly regress: CounterRegress | null;
      /** Only of a certificate that a trusted CA has signed. */
      readonly certificate?: CertificateNote;
    };

export type LoginRefused = Extract<LoginAnswer, { kind: 'refused' }>;

/** A login request with a certificate in the place of the key. */
export interface CertificateRequest extends NonNullable<LoginRequest['key']> {
  readonly login: string;
  /** The client's address; undefined where it is not known. */
  readonly source: string | undefined;
}

/** Decides about requests with a certificate. */
export interface CertificateAnswerer {
  /** @throws what the store throws; the caller must then refuse */
  answer(request: CertificateRequest): LoginAnswer;
}

/** No login is longer: a customer's name has at most 32 characters, a domain's 63. */
const LONGEST_LOGIN = 64;

/**
 * Decides about one request at a time and remembers nothing between two: what a probe was told, and for which
 * key, has no weight when a signature comes.
 *
 * A probe is answered truthfully. It has to be: a client that is told "sign" for each of the thirty keys in
 * its agent would make thirty failed tries. The answer (this login takes this key) tells something only to a
 * client that already holds the public key and knows the login, as with every SSH server. Probes are counted,
 * and a connection that only probes counts as a refused login of its source. A key that has expired or is not
 * allowed is asked to sign as well: only a signature makes it certain, for the log, who could not come in.
 *
 * An unknown login, a wrong key, another customer's key, a key that has expired or that policy does not
 * allow, a suspended customer: all are refused alike, after the same reads and one verification.
 *
 * A security key says in each signature whether somebody touched it, whether it has verified that person, and
 * how often it has signed. A touch is always required. A counter that went back is refused as well (WebAuthn
 * §7.2 leaves it open): the owner of the one key only has to try again, and a copy shows itself.
 */
export class Authenticator {
  readonly #accounts: Accounts;
  readonly #check: SignatureCheck;
  readonly #counters: Counters;
  readonly #certificates: CertificateAnswerer | null;

  /** @param certificates null: no certificate is taken */
  constructor(
    accounts: Accounts,
    check: SignatureCheck,
    counters: Counters,
    certificates: CertificateAnswerer | null = null,
  ) {
    this.#accounts = accounts;
    this.#check = check;
    this.#counters = counters;
    this.#certificates = certificates;
  }

  /** @throws what the store throws; the caller must then refuse */
  answer({ login: given, method, source, key }: LoginRequest): LoginAnswer {
    if (method === 'none') return refused('method-not-offered', false);
    if (method !== 'publickey' || key === undefined) return refused('method-not-offered', true);
    const { algorithm, blob, signature } = key;
    const login = given.length > LONGEST_LOGIN ? '' : given;
    if (this.#certificates !== null && certificateAlgorithm(algorithm) !== null)
      return this.#certificates.answer({ login, source, ...key });
    if (!isSignatureAlgorithm(algorithm)) {
      const why = algorithm === WEBAUTHN ? 'browser-signature' : 'algorithm-not-offered';
      return refused(why, signature !== null);
    }

    const fingerprint = fingerprintOf(blob);
    const assertion = assertionOf(key);
    // Nothing that a signature says counts before it is verified, below.
    const verified = signature === null ? null : assertion?.verified === true;
    const found = this.#accounts.find(login, fingerprint, verified);
    if (signature === null) {
      const fits = found?.key.blob.equals(blob) === true && typeOf(blob) === SIGNATURE_ALGORITHMS[algorithm];
      if (fits && !isSuspended(found.standing)) return { kind: 'sign-please' };
      return refused(because(found), false, fingerprint);
    }

    const claim = {
      algorithm,
      blob,
      signature: signature.bytes,
      whole: signature.whole,
      signed: signature.signed,
    };
    const isOwners = this.#check.verify(found?.key.blob ?? null, claim);
    if (found === null || !isOwners || !found.standing.here) {
      return refused(found !== null && !isOwners ? 'wrong-signature' : because(found), true, fingerprint);
    }
    if (assertion !== null) {
      if (!assertion.present) return refused('user-not-present', true, fingerprint);
      const regress = this.#regress(found, assertion);
      if (regress !== null) return refused('counter-went-back', true, fingerprint, regress);
    }
    return { kind: 'accepted', found, login, verified: verified === true };
  }

  #regress({ customer, key }: LoginFound, { counter }: Assertion): CounterRegress | null {
    const last = this.#counters.advanceCounter(customer, key.fingerprint, counter);
    return last === null ? null : { customer, last, counter };
  }
}

/** Null for other kinds of keys; for a security key also when it cannot be read, and then it does not verify. */
function assertionOf({ algorithm, signature }: NonNullable<LoginRequest['key']>): Assertion | null {
  if (signature?.whole === null || signature?.whole === undefined || !isSecurityKeyType(algorithm))
    return null;
  return readAssertion(signature.whole);
}

function because(found: LoginFound | null): RefusedBecause {
  if (found === null || found.standing.here) return 'unknown-login-or-key';
  const { why, fault } = found.standing;
  if (fault === 'verification') return 'user-not-verified';
  return why === 'key-revoked' || why === 'authority-not-trusted' ? 'unknown-login-or-key' : why;
}

function isSuspended(standing: Standing): boolean {
  return !standing.here && standing.why === 'customer-suspended';
}

function refused(
  because: RefusedBecause,
  isTry: boolean,
  fingerprint: Fingerprint | null = null,
  regress: CounterRegress | null = null,
): LoginRefused {
  return { kind: 'refused', because, isTry, fingerprint, regress };
}
