import type { Fingerprint } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { readCertificate } from '../certificates/certificate.js';
import type { Certificate, CertificateFault } from '../certificates/certificate.js';
import { fingerprintOf, parsePublicKey } from '../keys/public-key.js';
import { SshFields } from '../keys/ssh-fields.js';
import { fingerprint } from './argument.js';

/** A key that somebody would log in with. */
export interface AskedKey {
  /** With a certificate, of the key inside. */
  readonly fingerprint: Fingerprint;
  /** Null when only the fingerprint is known, as is `type`. */
  readonly blob: Buffer | null;
  readonly type: string | null;
  /** Set when it is a certificate. */
  readonly certificate?: Certificate | CertificateFault;
}

/** A type of certificates, also one that the gate does not take. */
const CERTIFICATE_TYPE = /^[a-z0-9-]+-cert-v\d\d@openssh\.com$/;

/**
 * Reads what an admin asks about: a fingerprint, or a line of a `.pub` file, which may have a certificate.
 *
 * @param limits the smallest RSA key that may be inside a certificate, or sign it
 */
export function readAskedKey(text: string, limits: { readonly rsaMinimumBits: number }): AskedKey | Refusal {
  if (text.startsWith('SHA256:')) {
    const found = fingerprint(text, 'fingerprint');
    return isRefusal(found) ? found : { fingerprint: found, blob: null, type: null };
  }
  const line = text.trim();
  const [type = '', base64 = ''] = line.split(/[ \t]+/);
  if (CERTIFICATE_TYPE.test(type) && !/[\r\n]/.test(line)) return readAskedCertificate(type, base64, limits);
  const key = parsePublicKey(text);
  return isRefusal(key) ? key : { fingerprint: fingerprintOf(key.blob), blob: key.blob, type: key.type };
}

function readAskedCertificate(
  type: string,
  base64: string,
  limits: { readonly rsaMinimumBits: number },
): AskedKey | Refusal {
  const blob = Buffer.from(base64, 'base64');
  const isItself = new SshFields(blob).string().toString('latin1') === type;
  if (!isItself || blob.toString('base64') !== base64)
    return refusal(
      'key-invalid',
      'the certificate is cut short or damaged: give the whole file, as ssh-keygen wrote it',
    );
  const certificate = readCertificate(blob, limits);
  const inside = typeof certificate === 'string' ? fingerprintOf(blob) : certificate.key.fingerprint;
  return { fingerprint: inside, blob, type, certificate };
}
