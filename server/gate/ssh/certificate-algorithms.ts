import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './algorithms.js';

/** An algorithm of a login by a certificate (OpenSSH's PROTOCOL.certkeys, RFC 8332). */
interface CertificateAlgorithm {
  /** The name that the certificate's blob begins with. */
  readonly type: string;
  /** The algorithm of the client's signature, which is made with the key inside. */
  readonly signs: SignatureAlgorithm;
}

const SUFFIX = '-cert-v01@openssh.com';

/** By name. `ssh-rsa-cert-v01@openssh.com` is not among them: it signs with SHA-1. */
const ALGORITHMS: ReadonlyMap<string, CertificateAlgorithm> = new Map(
  (Object.keys(SIGNATURE_ALGORITHMS) as SignatureAlgorithm[]).map((signs) => {
    const bare = (name: string): string => `${name.replace(/@openssh\.com$/, '')}${SUFFIX}`;
    return [bare(signs), { type: bare(SIGNATURE_ALGORITHMS[signs]), signs }];
  }),
);

/** @returns null when the name is none of a certificate's algorithm */
export function certificateAlgorithm(name: string): CertificateAlgorithm | null {
  return ALGORITHMS.get(name) ?? null;
}
