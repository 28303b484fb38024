import type { Algorithms } from 'ssh2';
import type { KeyType } from '../../../policy/key-types.js';

/**
 * The algorithms that the gate offers, best first; ssh2's own defaults still have SHA-1 and compression. Those of
 * the host keys depend on the keys (`HOST_KEY_ALGORITHMS`). Group exchange is missing because ssh2 1.17 does not
 * implement it for servers.
 *
 * A stranger can make us pay for every key exchange. Curve25519 costs 1.7 ms, and ML-KEM with it 1.2 times
 * that. Those that cost more and are not needed are left out: nistp521 10 ms, nistp384 5, group16 5.5,
 * group18 20. docs/security.md says which clients that cuts off. `none` is the only compression: an unauthenticated client must not be able to make
 * the gate inflate anything.
 */
export const ALGORITHMS = {
  kex: [
    'mlkem768x25519-sha256',
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'diffie-hellman-group14-sha256',
  ],
  cipher: [
    'chacha20-poly1305@openssh.com',
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} as const satisfies Omit<Algorithms, 'kex' | 'serverHostKey'> & { readonly kex: readonly string[] };

/**
 * The signature algorithms of a login and the key type that each belongs to (RFC 4253 §6.6, RFC 5656, RFC
 * 8332, RFC 8709, OpenSSH's PROTOCOL.u2f). `ssh-rsa`, the one with SHA-1, is not among them, nor is the
 * signature of a browser, `webauthn-sk-…`.
 */
export const SIGNATURE_ALGORITHMS = {
  'ssh-ed25519': 'ssh-ed25519',
  'ecdsa-sha2-nistp256': 'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384': 'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521': 'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com': 'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com': 'sk-ecdsa-sha2-nistp256@openssh.com',
  'rsa-sha2-512': 'ssh-rsa',
  'rsa-sha2-256': 'ssh-rsa',
} as const satisfies Record<string, KeyType>;

export type SignatureAlgorithm = keyof typeof SIGNATURE_ALGORITHMS;

export function isSignatureAlgorithm(name: string): name is SignatureAlgorithm {
  return Object.hasOwn(SIGNATURE_ALGORITHMS, name);
}
