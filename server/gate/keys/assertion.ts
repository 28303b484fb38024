import { createHash, verify } from 'node:crypto';
import { isSecurityKeyType, type SecurityKeyType } from '../../../policy/key-types.js';
import { readStrings } from './ssh-fields.js';
import { readSecurityKey } from './security-key.js';

/**
 * The signature format of a key that a browser has used (PROTOCOL.u2f, "SSH U2F Signatures"). No ssh client
 * sends it by itself, and it is not taken.
 */
export const WEBAUTHN = 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com';

/** What an authenticator has signed, and what it says of its user. True only once `isAssertedBy` says so. */
export interface Assertion {
  readonly type: SecurityKeyType;
  /** 64 bytes: for Ed25519 as in RFC 8032, for ECDSA r and s with 32 bytes each. */
  readonly signature: Buffer;
  readonly flags: number;
  /** Whether somebody has touched the security key. */
  readonly present: boolean;
  /** Whether the security key has verified who that was, by PIN or fingerprint. */
  readonly verified: boolean;
  /** Goes up with each signature; always 0 in an authenticator that does not count. */
  readonly counter: number;
}

/** Bits of the flags (WebAuthn §6.1). */
const PRESENT = 0x01;
const VERIFIED = 0x04;

/** Behind the signature: one byte of flags, and the counter as uint32. */
const TAIL_BYTES = 5;

/**
 * Reads a whole SSH signature: `string type, string signature, byte flags, uint32 counter`, and nothing behind
 * it.
 *
 * @returns null when it is not exactly that
 */
export function readAssertion(whole: Buffer): Assertion | null {
  if (whole.length < TAIL_BYTES) return null;
  const tail = whole.subarray(-TAIL_BYTES);
  const fields = readStrings(whole.subarray(0, -TAIL_BYTES));
  const type = fields?.[0]?.toString('latin1') ?? '';
  if (fields?.length !== 2 || !isSecurityKeyType(type)) return null;
  const [, bare = Buffer.alloc(0)] = fields;
  const signature = type === 'sk-ssh-ed25519@openssh.com' ? bare : fixedSize(bare);
  if (signature?.length !== 64) return null;
  const flags = tail.readUInt8(0);
  return {
    type,
    signature,
    flags,
    present: (flags & PRESENT) !== 0,
    verified: (flags & VERIFIED) !== 0,
    counter: tail.readUInt32BE(1),
  };
}

/**
 * Whether the owner of the key has signed these bytes, with the flags and the counter of the assertion. The
 * authenticator signs the hash of the application and of the bytes, so a signature is good for nothing else.
 *
 * @param blob the public key; for a certificate the key inside, without the certificate
 * @param signed the bytes that the client signs: RFC 4252 §7, from the session identifier on
 */
export function isAssertedBy(blob: Buffer, assertion: Assertion, signed: Buffer): boolean {
  const key = readSecurityKey(blob);
  if (key?.type !== assertion.type) return false;
  const { flags, counter, signature } = assertion;
  const tail = Buffer.alloc(TAIL_BYTES);
  tail.writeUInt8(flags);
  tail.writeUInt32BE(counter, 1);
  const message = Buffer.concat([sha256(key.application), tail, sha256(signed)]);
  if (key.type === 'sk-ssh-ed25519@openssh.com') return verify(null, message, key.publicKey, signature);
  // A high s is as good as a low one, as in OpenSSH: authenticators make both.
  return verify('sha256', message, { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, signature);
}

/** Turns r and s, each an mpint in its shortest form (RFC 4251 §5), into 32 bytes each. */
function fixedSize(bare: Buffer): Buffer | null {
  const numbers = readStrings(bare);
  if (numbers?.length !== 2) return null;
  const halves = numbers.map((number) => fixedNumber(number));
  return halves.every((half) => half !== null) ? Buffer.concat(halves) : null;
}

function fixedNumber(mpint: Buffer): Buffer | null {
  const [first, second = 0] = mpint;
  if (first === undefined || first >= 0x80 || (first === 0 && second < 0x80)) return null;
  const bytes = first === 0 ? mpint.subarray(1) : mpint;
  return bytes.length > 32 ? null : Buffer.concat([Buffer.alloc(32 - bytes.length), bytes]);
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
