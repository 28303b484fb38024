import { sign } from 'node:crypto';
import type { HostKey } from './host-key.js';
import { sshString } from '../keys/ssh-fields.js';

const HASHES: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
};

/** A signature in the format of RFC 4253 §6.6, RFC 5656 §3.1.2, RFC 8332 §3 or RFC 8709 §6. */
export function hostKeySignature(key: HostKey, algorithm: string, signed: Buffer): Buffer {
  const bare = sign(HASHES[algorithm] ?? null, signed, { key: key.keyObject, dsaEncoding: 'ieee-p1363' });
  const isEcdsa = algorithm.startsWith('ecdsa-');
  return Buffer.concat([sshString(algorithm), sshString(isEcdsa ? twoNumbers(bare) : bare)]);
}

/** The two numbers of an ECDSA signature as mpints. */
function twoNumbers(bare: Buffer): Buffer {
  const half = bare.length / 2;
  return Buffer.concat([mpint(bare.subarray(0, half)), mpint(bare.subarray(half))]);
}

/** RFC 4251 §5: in the shortest form, positive. */
function mpint(bytes: Buffer): Buffer {
  const from = bytes.findIndex((byte) => byte !== 0);
  const shortest = bytes.subarray(from === -1 ? bytes.length : from);
  return sshString((shortest[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), shortest]) : shortest);
}
