import { isSecurityKeyType } from '../../../policy/key-types.js';
import { SshFields } from '../keys/ssh-fields.js';
import { isSignatureAlgorithm, type SignatureAlgorithm } from './algorithms.js';

/** A signature, as `SignatureCheck` takes it. */
interface ReadSignature {
  readonly algorithm: SignatureAlgorithm;
  /** ECDSA in ASN.1, the others bare; of a security key nothing, because `whole` is read instead. */
  readonly signature: Buffer;
  readonly whole: Buffer;
}

/**
 * Reads a signature as SSH writes it: its algorithm, and a string (RFC 4253 §6.6). ssh2 does it for the plain
 * algorithms alone.
 *
 * @returns null when it is cut short, has more than that, or is of an algorithm that the gate does not take
 */
export function readSignature(whole: Buffer): ReadSignature | null {
  const fields = new SshFields(whole);
  const algorithm = fields.string().toString('latin1');
  const bare = fields.string();
  if (!fields.isSound || !isSignatureAlgorithm(algorithm)) return null;
  // What stands behind the string is for `readAssertion`.
  if (isSecurityKeyType(algorithm)) return { algorithm, signature: Buffer.alloc(0), whole };
  const signature = algorithm.startsWith('ecdsa-') ? ecdsaInAsn1(bare) : bare;
  return fields.isComplete && signature !== null ? { algorithm, signature, whole } : null;
}

/** The two numbers of RFC 5656 §3.1.2, as DER has them (RFC 3279 §2.2.3). */
function ecdsaInAsn1(bare: Buffer): Buffer | null {
  const fields = new SshFields(bare);
  const numbers = [fields.string(), fields.string()];
  // Those of nistp521 have 67 bytes at most, so that every length below is one byte or two.
  const areSound = numbers.every(({ length, 0: first = 0xff }) => length > 0 && length <= 67 && first < 0x80);
  return fields.isComplete && areSound ? der(0x30, ...numbers.map((number) => der(0x02, number))) : null;
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = content.length < 0x80 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
