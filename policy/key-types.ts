/**
 * The key types on security keys (FIDO2), whose private half stays in the authenticator (OpenSSH's
 * PROTOCOL.u2f).
 */
export const SECURITY_KEY_TYPES = [
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;

export type SecurityKeyType = (typeof SECURITY_KEY_TYPES)[number];

/** The key types that may log in, as in RFC 4253 §6.6, RFC 5656 §3.1 and RFC 8709 §4. */
export const KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  ...SECURITY_KEY_TYPES,
  'ssh-rsa',
] as const;

export type KeyType = (typeof KEY_TYPES)[number];

export function isSecurityKeyType(type: string): type is SecurityKeyType {
  return (SECURITY_KEY_TYPES as readonly string[]).includes(type);
}
