import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { Key } from '../../store/records.js';
import { fingerprintOf } from '../keys/public-key.js';
import type { Standing } from '../access/standing.js';
import { isSignatureAlgorithm, SIGNATURE_ALGORITHMS } from './algorithms.js';

import { typeOf, type SignatureCheck } from './signature-check.js';

/** The customer that a login name and a key belong to, as the store says. */
export interface LoginFound {
  readonly customer: CustomerName;
  readonly key: Key;
  /** Whether the customer may be here. */
  readonly standing: Standing;
  /** Set when the login name is a domain's. */
  readonly domain: DomainName | null;
}

/** Looks logins up, with the same number of reads whatever the answer. */
export interface Accounts {
  find(login: string, fingerprint: Fingerprint): LoginFound | null;
}

/** One SSH_MSG_USERAUTH_REQUEST. */
export interface LoginRequest {
  readonly login: string;
  readonly method: string;
  /** Only with `publickey`. */
  readonly key?: {
    /** The algorithm's name as the client sent it. */
    readonly algorithm: string;
    readonly blob: Buffer;
    /** Null for a probe, which asks whether this key would do. */
    readonly signature: { readonly bytes: Buffer; readonly signed: Buffer } | null;
  };
}

/** Why a login was refused, for the log and the audit; the client is told none of it. */
export type RefusedBecause =
  | 'method-not-offered'
  | 'algorithm-not-offered'
  | 'unknown-login-or-key'
  | 'wrong-signature'
  | 'customer-suspended'
  | 'key-expired'
  | 'key-not-allowed';

export type LoginAnswer =
  | { readonly kind: 'accepted'; readonly found: LoginFound; readonly login: string }
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
    };

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
 */
export class Authenticator {
  readonly #accounts: Accounts;
  readonly #check: SignatureCheck;

  constructor(accounts: Accounts, check: SignatureCheck) {
    this.#accounts = accounts;
    this.#check = check;
  }

  /** @throws what the store throws; the caller must then refuse */
  answer({ login, method, key }: LoginRequest): LoginAnswer {
    if (method === 'none') return refused('method-not-offered', false);
    if (method !== 'publickey' || key === undefined) return refused('method-not-offered', true);
    const { algorithm, blob, signature } = key;
    if (!isSignatureAlgorithm(algorithm)) return refused('algorithm-not-offered', signature !== null);

    const fingerprint = fingerprintOf(blob);
    const found = this.#accounts.find(login.length > LONGEST_LOGIN ? '' : login, fingerprint);
    if (signature === null) {
      const fits = found?.key.blob.equals(blob) === true && typeOf(blob) === SIGNATURE_ALGORITHMS[algorithm];
      if (fits && !isSuspended(found.standing)) return { kind: 'sign-please' };
      return refused(because(found), false, fingerprint);
    }

    const claim = { algorithm, blob, signature: signature.bytes, signed: signature.signed };
    const verified = this.#check.verify(found?.key.blob ?? null, claim);
    if (found === null || !verified || !found.standing.here) {
      return refused(found !== null && !verified ? 'wrong-signature' : because(found), true, fingerprint);
    }
    return { kind: 'accepted', found, login };
  }
}

function because(found: LoginFound | null): RefusedBecause {
  if (found === null || found.standing.here) return 'unknown-login-or-key';
  const { why } = found.standing;
  return why === 'key-revoked' ? 'unknown-login-or-key' : why;
}

function isSuspended(standing: Standing): boolean {
  return !standing.here && standing.why === 'customer-suspended';
}

function refused(
  because: RefusedBecause,
  isTry: boolean,
  fingerprint: Fingerprint | null = null,
): LoginAnswer {
  return { kind: 'refused', because, isTry, fingerprint };
}
