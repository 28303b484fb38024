import {
  createHash,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  verify,
} from 'node:crypto';
import { encode } from './raw-ssh.js';

export const HYBRID = 'mlkem768x25519-sha256';

/** A client's keys for one exchange of draft-ietf-sshm-mlkem-hybrid-kex; `init` is C_INIT. */
export interface HybridKeys {
  /** Null: for the exchange with Curve25519 alone (RFC 8731). */
  readonly kem: KeyObject | null;
  readonly x25519: KeyObject;
  readonly init: Buffer;
}

/** What goes into the exchange hash of RFC 5656 §4, in its order, but for K. */
export interface ExchangeTranscript {
  readonly clientIdent: string;
  readonly serverIdent: string;
  readonly clientKexinit: Buffer;
  readonly serverKexinit: Buffer;
  readonly hostKey: Buffer;
  readonly init: Buffer;
  readonly reply: Buffer;
}

/** Fresh ones, whose C_INIT is as wanted. */
export function hybridKeys(isWanted: (init: Buffer) => boolean = () => true): HybridKeys {
  for (;;) {
    const kem = generateKeyPairSync('ml-kem-768');
    const x25519 = generateKeyPairSync('x25519');
    const [a, b] = [kem, x25519].map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }));
    const init = Buffer.concat([(a as Buffer).subarray(-1184), (b as Buffer).subarray(-32)]);
    if (isWanted(init)) return { kem: kem.privateKey, x25519: x25519.privateKey, init };
  }
}

export function curve25519Keys(): HybridKeys {
  const { x25519, init } = hybridKeys();
  return { kem: null, x25519, init: init.subarray(-32) };
}

/** From a seed of ML-KEM (d ‖ z, 64 bytes) and an X25519 private key. */
export function hybridKeysOf(seed: Buffer, scalar: Buffer, init: Buffer): HybridKeys {
  const kem = createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType: 'ml-kem-768' });
  const x25519 = createPrivateKey({ key: scalar, format: 'raw-private', asymmetricKeyType: 'x25519' });
  return { kem, x25519, init };
}

/** K = SHA-256(K_PQ ‖ K_CL), from S_REPLY = ciphertext ‖ X25519 public key. The bytes of an mpint for Curve25519 alone. */
export function hybridSecret({ kem, x25519 }: HybridKeys, reply: Buffer): Buffer {
  const ciphertext = reply.subarray(0, -32);
  if (ciphertext.length !== (kem === null ? 0 : 1088)) throw new Error(`S_REPLY has ${reply.length} bytes`);
  const publicKey = createPublicKey({
    key: reply.subarray(-32),
    format: 'raw-public',
    asymmetricKeyType: 'x25519',
  });
  const classical = diffieHellman({ privateKey: x25519, publicKey });
  if (kem === null) return mpint(classical);
  return createHash('sha256').update(decapsulate(kem, ciphertext)).update(classical).digest();
}

/** The least bytes of a positive number (RFC 4251 §5). */
function mpint(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const number = bytes.subarray(first);
  return (number[0] ?? 0) < 0x80 ? number : Buffer.concat([Buffer.alloc(1), number]);
}

/** H, with K as a string. */
export function exchangeHash(transcript: ExchangeTranscript, secret: Buffer): Buffer {
  const { clientIdent, serverIdent, clientKexinit, serverKexinit, hostKey, init, reply } = transcript;
  const fields = [clientIdent, serverIdent, clientKexinit, serverKexinit, hostKey, init, reply, secret];
  return createHash('sha256')
    .update(Buffer.concat(fields.map(encode)))
    .digest();
}

/** Whether an Ed25519 host key signed it: both as they stand in the message (RFC 8709). */
export function isSigned(hash: Buffer, hostKey: Buffer, signature: Buffer): boolean {
  const key = createPublicKey({
    key: hostKey.subarray(-32),
    format: 'raw-public',
    asymmetricKeyType: 'ed25519',
  });
  return verify(null, hash, key, signature.subarray(-64));
}

/** Keys and IVs of RFC 4253 §7.2, with K as a string. */
export function derivedKey(
  secret: Buffer,
  hash: Buffer,
  session: Buffer,
  letter: string,
  length: number,
): Buffer {
  const input = Buffer.concat([encode(secret), hash, Buffer.from(letter), session]);
  return createHash('sha256').update(input).digest().subarray(0, length);
}
