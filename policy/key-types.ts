/** The key types that may log in, as in RFC 4253 §6.6, RFC 5656 §3.1 and RFC 8709 §4. */
export const KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;

export type KeyType = (typeof KEY_TYPES)[number];
