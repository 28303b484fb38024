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
 * A whole SSH signature that nobody has made, in the format of a security key that was touched (PROTOCOL.u2f). For
 * other types its content means nothing.
 *
 * @param verified whether the security key has verified its user
 */
export function assumedSignature(type: string, verified: boolean): Buffer {
  const number = sshString(Buffer.of(1));
  const bare = type.startsWith('sk-ecdsa-') ? Buffer.concat([number, number]) : Buffer.alloc(64);
  return Buffer.concat([
    sshString(type),
    sshString(bare),
    Buffer.of(verified ? 5 : 1),
    Buffer.from([0, 0, 0, 1]),
  ]);
}
