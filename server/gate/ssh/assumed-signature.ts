import { isSecurityKeyType } from '../../../policy/key-types.js';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './algorithms.js';
import { SignatureCheck, typeOf } from './signature-check.js';
import { sshString } from '../keys/ssh-fields.js';

/**
 * Takes every signature with the stored key for right, for an admin who asks what would become of a login. No login may
 * use it: dependency-cruiser sees to that.
 */
export class AssumedSignature extends SignatureCheck {
  override verify(
    stored: Buffer | null,
    { blob, algorithm }: { readonly blob: Buffer; readonly algorithm: SignatureAlgorithm },
  ): boolean {
    return stored?.equals(blob) === true && typeOf(stored) === SIGNATURE_ALGORITHMS[algorithm];
  }
}

/**
 * A whole SSH signature that nobody has made, in the format of its algorithm (RFC 4253 §6.6, RFC 5656 §3.1.2). That of a
 * security key says that somebody touched it (PROTOCOL.u2f).
 *
 * @param verified whether the security key has verified its user
 */
export function assumedSignature(algorithm: SignatureAlgorithm, verified: boolean): Buffer {
  const number = sshString(Buffer.of(1));
  const bare = algorithm.includes('ecdsa-') ? Buffer.concat([number, number]) : Buffer.alloc(64);
  const tail = isSecurityKeyType(algorithm) ? Buffer.from([verified ? 5 : 1, 0, 0, 0, 1]) : Buffer.alloc(0);
  return Buffer.concat([sshString(algorithm), sshString(bare), tail]);
}
