import { createECDH, generateKeyPairSync } from 'node:crypto';

/*
 * Node 20 may block for ever when a key that it has just generated is exported as JWK. The export holds the
 * key's lock, and the garbage collector may then take the generator, which waits for that lock. So keys come
 * out of their generator encoded here, and points out of ECDH.
 */

/** An Ed25519 key pair as RFC 8032 §5.1.5 has it: 32 bytes each. */
export interface Ed25519Pair {
  readonly publicKey: Buffer;
  /** The private key, from which the public key is made. */
  readonly seed: Buffer;
}

export function ed25519Pair(): Ed25519Pair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  // RFC 8410 §4 and §7: the DER bytes before them say only that they are Ed25519 keys.
  return { publicKey: publicKey.subarray(-32), seed: privateKey.subarray(-32) };
}

/** An X25519 key pair as RFC 7748 §5 has it: 32 bytes each, from the same DER (RFC 8410). */
export interface X25519Pair {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

export function x25519Pair(): X25519Pair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  return { publicKey: publicKey.subarray(-32), privateKey: privateKey.subarray(-32) };
}

const CURVES = { nistp256: 'prime256v1', nistp384: 'secp384r1', nistp521: 'secp521r1' } as const;

/** A curve by its name in SSH (RFC 5656 §10.1). */
export type Curve = keyof typeof CURVES;

/** A public key whose private key is forgotten, as an uncompressed point (SEC 1 §2.3.3). */
export function point(curve: Curve): Buffer {
  return createECDH(CURVES[curve]).generateKeys();
}
