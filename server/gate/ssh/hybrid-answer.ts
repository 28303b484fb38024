import { createHash, createPrivateKey, createPublicKey, diffieHellman, encapsulate } from 'node:crypto';
import { x25519Pair } from './raw-keys.js';

/** Bytes of an ML-KEM-768 public key (FIPS 203 §8). */
const KEM_KEY_LENGTH = 1184;
/** Bytes of an X25519 public key (RFC 7748 §5). */
const SHARE_LENGTH = 32;
const INIT_LENGTH = KEM_KEY_LENGTH + SHARE_LENGTH;

/** What the server's side of `mlkem768x25519-sha256` comes to (draft-ietf-sshm-mlkem-hybrid-kex §2). */
export interface HybridAnswer {
  /** S_REPLY: the ML-KEM-768 ciphertext, then our X25519 public key. */
  readonly reply: Buffer;
  /** K, 32 bytes. SSH takes it as a string, never as an mpint. */
  readonly secret: Buffer;
}

/**
 * Answers a client's half of the exchange with fresh keys, which are forgotten.
 *
 * @param init C_INIT: the client's ML-KEM-768 public key, then its X25519 public key
 * @throws Error when it is not that, the X25519 key is one of low order, or the ML-KEM key fails the check of FIPS 203 §7.2
 */
export function answerHybrid(init: Buffer): HybridAnswer {
  if (init.length !== INIT_LENGTH)
    throw new Error(`the client's keys are ${init.length} bytes long, not ${INIT_LENGTH}`);
  const ours = x25519Pair();
  // OpenSSL refuses both kinds of bad key by itself: a secret of zeros only, and a key whose numbers are not below q.
  const classical = diffieHellman({
    privateKey: createPrivateKey({
      key: ours.privateKey,
      format: 'raw-private',
      asymmetricKeyType: 'x25519',
    }),
    publicKey: createPublicKey({
      key: init.subarray(KEM_KEY_LENGTH),
      format: 'raw-public',
      asymmetricKeyType: 'x25519',
    }),
  });
  const { ciphertext, sharedKey } = encapsulate({
    key: init.subarray(0, KEM_KEY_LENGTH),
    format: 'raw-public',
    asymmetricKeyType: 'ml-kem-768',
  });
  return {
    reply: Buffer.concat([ciphertext, ours.publicKey]),
    secret: createHash('sha256').update(sharedKey).update(classical).digest(),
  };
}
