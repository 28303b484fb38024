/** The parts of a certificate that lists of revoked keys name. */
export interface RevocableCertificate {
  readonly key: { readonly blob: Buffer };
  readonly authority: { readonly blob: Buffer };
  readonly serial: bigint;
  /** One byte a character. */
  readonly keyId: string;
}

/** Keys and certificates that count no more. */
export interface RevocationList {
  /** @param blob the public key blob of RFC 4253 §6.6 */
  revokesKey(blob: Buffer): boolean;
  /** Also when the key inside, or the CA's, is revoked. */
  revokesCertificate(certificate: RevocableCertificate): boolean;
}

/** The list of a gate that has none. */
export const NOTHING_REVOKED: RevocationList = {
  revokesKey: () => false,
  revokesCertificate: () => false,
};
