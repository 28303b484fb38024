import type { AuthorityName, DomainName } from '../../../policy/names.js';
import { printable } from '../../../policy/printable.js';
import type { CertificateNote } from '../../store/audit-event.js';
import type { CertifiedLogin } from '../../store/holders.js';
import type { Authority } from '../../store/records.js';
import type { Certificate } from './certificate.js';

/** The certificate by which a customer logged in, and what it rests on. */
export interface LoginCertificate extends CertifiedLogin {
  readonly authorityName: AuthorityName;
  readonly certificate: Certificate;
  /** Its principals name this domain and not the customer: it is good for nothing else. */
  readonly confinedTo: DomainName | null;
}

/** The most characters of a key id that are written. */
const KEY_ID_SHOWN = 128;

/** The certificate as audit rows name it. */
export function certificateNote(
  { serial, keyId }: Pick<Certificate, 'serial' | 'keyId'>,
  { name, fingerprint }: Pick<Authority, 'name' | 'fingerprint'>,
): CertificateNote {
  return {
    authority: fingerprint,
    authorityName: name,
    keyId: printable(Buffer.from(keyId, 'latin1').toString('utf8'), KEY_ID_SHOWN),
    serial: String(serial),
  };
}
