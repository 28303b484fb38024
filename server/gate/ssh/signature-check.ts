import { randomBytes } from 'node:crypto';
import ssh2 from 'ssh2';
import { isSecurityKeyType, type KeyType } from '../../../policy/key-types.js';
import { readStrings, sshString } from '../keys/ssh-fields.js';
import { isAssertedBy, readAssertion } from '../keys/assertion.js';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './algorithms.js';
import { ed25519Pair, point, type Curve } from './raw-keys.js';

/** A public key with a signature that claims to be its owner's. */
interface SignedClaim {
  readonly algorithm: SignatureAlgorithm;
  /** The public key blob as presented. */
  readonly blob: Buffer;
  /** ECDSA in ASN.1, as ssh2 gives it; the others bare. */
  readonly signature: Buffer;
  /** The whole SSH signature, with its type and lengths; null when it cannot be told, and then it does not verify. */
  readonly whole: Buffer | null;
  /** The bytes that were signed: RFC 4252 §7, from the session identifier on. */
  readonly signed: Buffer;
}

const HASHES: Partial<Record<SignatureAlgorithm, string>> = {
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
};
const RSA_MODULUS_BYTES = [256, 384, 512, 1024] as const;

/**
 * Verifies one signature per question, whoever asks: with the stored key, or with a dummy of the same type
 * (and, for RSA, of about the same size). So neither the count of verifications nor the time tells whether a
 * key is known.
 */
export class SignatureCheck {
  readonly #dummies = makeDummies();
  #count = 0;

  /** Verifications made so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param stored the blob from the store, or null when the login or the key is unknown
   * @returns true only when there is a stored key, it is the one presented, its type fits the algorithm, and
   *   the signature is its owner's
   */
  verify(stored: Buffer | null, claim: SignedClaim): boolean {
    const usable =
      stored?.equals(claim.blob) === true && typeOf(stored) === SIGNATURE_ALGORITHMS[claim.algorithm];
    const verified = this.#verifyOne(usable ? stored : this.#dummyFor(claim), claim);
    return usable && verified;
  }

  #verifyOne(blob: Buffer, { algorithm, signature, whole, signed }: SignedClaim): boolean {
    this.#count += 1;
    const type = SIGNATURE_ALGORITHMS[algorithm];
    if (isSecurityKeyType(type)) {
      const assertion = whole === null ? null : readAssertion(whole);
      return assertion !== null && isAssertedBy(blob, assertion, signed);
    }
    const key = ssh2.utils.parseKey(`${type} ${blob.toString('base64')}`);
    if (key instanceof Error || key.type !== type) return false;
    // The answer may be an Error, which is truthy.
    const answer: unknown = key.verify(signed, signature, HASHES[algorithm]);
    return answer === true && isFramed(whole, algorithm);
  }

  #dummyFor({ algorithm, blob }: SignedClaim): Buffer {
    const type = SIGNATURE_ALGORITHMS[algorithm];
    if (type !== 'ssh-rsa') return this.#dummies[type];
    const dummies = this.#dummies['ssh-rsa'];
    return dummies.find((dummy) => dummy.length >= blob.length) ?? dummies[dummies.length - 1] ?? blob;
  }
}

/** Whether it is `string algorithm, string signature` (RFC 4253 §6.6) and nothing else: ssh2 does not look. */
function isFramed(whole: Buffer | null, algorithm: SignatureAlgorithm): boolean {
  const fields = whole === null ? null : readStrings(whole);
  return fields?.length === 2 && fields[0]?.toString('latin1') === algorithm;
}

/** The type that a blob claims to be; empty for what is no blob. */
export function typeOf(blob: Buffer): string {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return length <= blob.length - 4 ? blob.toString('latin1', 4, 4 + length) : '';
}

interface Dummies extends Record<Exclude<KeyType, 'ssh-rsa'>, Buffer> {
  readonly 'ssh-rsa': readonly Buffer[];
}

/**
 * Keys whose private halves are forgotten at once. The RSA ones never had any: their moduli are random odd
 * numbers.
 */
function makeDummies(): Dummies {
  return {
    'ssh-ed25519': blobOf('ssh-ed25519', ed25519Pair().publicKey),
    'ecdsa-sha2-nistp256': ecdsaBlob('nistp256'),
    'ecdsa-sha2-nistp384': ecdsaBlob('nistp384'),
    'ecdsa-sha2-nistp521': ecdsaBlob('nistp521'),
    'sk-ssh-ed25519@openssh.com': blobOf(
      'sk-ssh-ed25519@openssh.com',
      ed25519Pair().publicKey,
      Buffer.from('ssh:'),
    ),
    'sk-ecdsa-sha2-nistp256@openssh.com': blobOf(
      'sk-ecdsa-sha2-nistp256@openssh.com',
      Buffer.from('nistp256'),
      point('nistp256'),
      Buffer.from('ssh:'),
    ),
    'ssh-rsa': RSA_MODULUS_BYTES.map((bytes) => {
      const modulus = randomBytes(bytes);
      modulus[0] = (modulus[0] ?? 0) | 0x80;
      modulus[bytes - 1] = (modulus[bytes - 1] ?? 0) | 1;
      return blobOf('ssh-rsa', Buffer.from([1, 0, 1]), Buffer.concat([Buffer.from([0]), modulus]));
    }),
  };
}

function ecdsaBlob(curve: Curve): Buffer {
  return blobOf(`ecdsa-sha2-${curve}`, Buffer.from(curve), point(curve));
}

function blobOf(type: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([type, ...parts].map((part) => sshString(part)));
}
