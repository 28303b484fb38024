import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { fingerprintOf } from '../../server/gate/keys/public-key.js';
import type { Fingerprint } from '../../policy/names.js';
import { encode } from './raw-ssh.js';
import type { Changes, SoftAuthenticator } from './soft-authenticator.js';

/** A key pair with its SSH blob, for certificates that ssh-keygen would not make. */
export interface MadeKey {
  readonly blob: Buffer;
  readonly fingerprint: Fingerprint;
  readonly line: string;
  /** A signature as SSH writes it: the algorithm, and the bytes. */
  sign(bytes: Buffer): Buffer;
}

/** A key in an authenticator. @param changes how its signatures differ from honest ones */
export function makeSecurityKey(authenticator: SoftAuthenticator, changes: Changes = {}): MadeKey {
  const { blob, line } = authenticator;
  return {
    blob,
    line,
    fingerprint: fingerprintOf(blob),
    sign: (bytes) => authenticator.sign(bytes, changes),
  };
}

export type RsaAlgorithm = 'rsa-sha2-256' | 'rsa-sha2-512';

/** An RSA key of 2048 bits, by the algorithm that it signs with. */
export function makeRsaKey(): (algorithm: RsaAlgorithm) => MadeKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'pkcs1', format: 'der' },
    privateKeyEncoding: { type: 'pkcs1', format: 'der' },
  });
  const key = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs1' });
  // RFC 8017 A.1.1: a sequence of the modulus, 257 bytes with a zero before it, and the exponent 65537.
  const modulus = publicKey.subarray(8, 8 + 257);
  const blob = Buffer.concat([encode('ssh-rsa'), encode(Buffer.from([1, 0, 1])), encode(modulus)]);
  return (algorithm) => ({
    blob,
    fingerprint: fingerprintOf(blob),
    line: `ssh-rsa ${blob.toString('base64')}`,
    sign: (bytes) => {
      const signature = sign(algorithm.replace('rsa-sha2-', 'sha'), bytes, key);
      return Buffer.concat([encode(algorithm), encode(signature)]);
    },
  });
}

/** An Ed25519 key. */
export function makeKey(): MadeKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  const key: KeyObject = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
  const blob = Buffer.concat([encode('ssh-ed25519'), encode(publicKey.subarray(-32))]);
  return {
    blob,
    fingerprint: fingerprintOf(blob),
    line: `ssh-ed25519 ${blob.toString('base64')}`,
    sign: (bytes) => Buffer.concat([encode('ssh-ed25519'), encode(sign(null, bytes, key))]),
  };
}

/** What a certificate is to say; each part may be wrong. */
export interface CertificateParts {
  readonly type: string;
  readonly nonce: Buffer;
  /** The fields of the key, behind its type. */
  readonly keyFields: Buffer;
  readonly serial: bigint;
  /** 1: for a user, 2: for a host. */
  readonly kind: number;
  readonly keyId: string | Buffer;
  readonly principals: readonly (string | Buffer)[];
  /** Seconds since 1970. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly critical: readonly (readonly [name: string, data: Buffer])[];
  readonly extensions: readonly (readonly [name: string, data: Buffer])[];
  readonly reserved: Buffer;
  readonly signatureKey: Buffer;
  readonly sign: (bytes: Buffer) => Buffer;
  /** Bytes after the end. */
  readonly trailing: Buffer;
}

export const FOREVER = 2n ** 64n - 1n;
export const NO_DATA = Buffer.alloc(0);
export const TYPE = 'ssh-ed25519-cert-v01@openssh.com';

/** The data of an option that is one string. */
export function text(value: string | Buffer): Buffer {
  return encode(value);
}

/** Makes an honest certificate over `key`, except for what is named. */
export function makeCertificate(
  authority: MadeKey,
  key: MadeKey,
  changed: Partial<CertificateParts> = {},
): Buffer {
  const parts: CertificateParts = {
    type: TYPE,
    nonce: Buffer.alloc(32, 7),
    keyFields: key.blob.subarray(4 + key.blob.readUInt32BE(0)),
    serial: 1n,
    kind: 1,
    keyId: 'laptop',
    principals: ['alice'],
    validAfter: 0n,
    validBefore: FOREVER,
    critical: [],
    extensions: [['permit-pty', NO_DATA]],
    reserved: NO_DATA,
    signatureKey: authority.blob,
    sign: (bytes) => authority.sign(bytes),
    trailing: NO_DATA,
    ...changed,
  };
  const signed = Buffer.concat([
    encode(parts.type),
    encode(parts.nonce),
    parts.keyFields,
    uint64(parts.serial),
    encode(parts.kind),
    encode(parts.keyId),
    encode(Buffer.concat(parts.principals.map((one) => encode(one)))),
    uint64(parts.validAfter),
    uint64(parts.validBefore),
    encode(pairs(parts.critical)),
    encode(pairs(parts.extensions)),
    encode(parts.reserved),
    encode(parts.signatureKey),
  ]);
  return Buffer.concat([signed, encode(parts.sign(signed)), parts.trailing]);
}

export function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

function pairs(options: CertificateParts['critical']): Buffer {
  return Buffer.concat(options.flatMap(([name, data]) => [encode(name), encode(data)]));
}
