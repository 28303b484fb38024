import type { AuthorityName, CustomerName, DomainName } from '../../../policy/names.js';
import { printable } from '../../../policy/printable.js';
import type { CertificateNote } from '../../store/audit-actor.js';
import type { CertifiedLogin } from '../../store/holders.js';
import type { StoredCertificate } from '../../store/operation-grounds.js';
import type { Authority, Key } from '../../store/records.js';
import { sshString } from '../keys/ssh-fields.js';
import { readCertificate } from './certificate.js';
import type { Certificate } from './certificate.js';
import type { CertificateOptions } from './certificate-options.js';

/** The certificate by which a customer logged in, and what it rests on. */
export interface LoginCertificate extends CertifiedLogin {
  readonly authorityName: AuthorityName;
  readonly certificate: Certificate;
  /** Its principals name this domain and not the customer: it is good for nothing else. */
  readonly confinedTo: DomainName | null;
}

/** The most characters of a key id that are written. */
const KEY_ID_SHOWN = 128;
/** A certificate that lasts so long needs somebody to renew it. Shorter ones are renewed by programs. Milliseconds. */
const LASTING_MS = 30 * 86_400_000;

/** The certificate as audit rows name it. */
export function certificateNote(
  {
    serial,
    keyId,
    validAfter,
    validBefore,
  }: Pick<Certificate, 'serial' | 'keyId' | 'validAfter' | 'validBefore'>,
  { name, fingerprint }: Pick<Authority, 'name' | 'fingerprint'>,
): CertificateNote {
  return {
    authority: fingerprint,
    authorityName: name,
    keyId: printable(Buffer.from(keyId, 'latin1').toString('utf8'), KEY_ID_SHOWN),
    serial: String(serial),
    ...(validBefore === null || validBefore - validAfter < LASTING_MS
      ? {}
      : { validUntil: new Date(validBefore).toISOString() }),
  };
}

/** The key inside, as if it were registered from the certificate's first moment to its last. */
export function keyInside(customer: CustomerName, { key, validAfter, validBefore }: Certificate): Key {
  const { fingerprint, type, blob } = key;
  return {
    customer,
    fingerprint,
    type,
    blob,
    comment: '',
    addedAt: new Date(validAfter).toISOString(),
    lastUsedAt: null,
    expiresAt: validBefore === null ? null : new Date(validBefore).toISOString(),
    own: false,
    declared: null,
  };
}

/** What the certificate of a login demands and permits; null for a login by a registered key. */
export function loginOptions(login: LoginCertificate | undefined): CertificateOptions | null {
  const options = login?.certificate.options ?? null;
  return typeof options === 'string' ? null : options;
}

/** For the gate that comes after this one. */
export function storedCertificate(login: LoginCertificate): StoredCertificate {
  const { certificate, authoritySeq, authorityName, customerSeq, confinedTo } = login;
  const blob = Buffer.concat([certificate.signed, sshString(certificate.signature)]).toString('base64');
  return { blob, authoritySeq, authorityName, customerSeq, confinedTo };
}

/** The certificate of an earlier login. @returns null when it cannot be read any more */
export function restoredCertificate(
  customer: CustomerName,
  { blob, ...login }: StoredCertificate,
): LoginCertificate | null {
  // How large a key must be was asked at the login.
  const certificate = readCertificate(Buffer.from(blob, 'base64'), { rsaMinimumBits: 0 });
  if (typeof certificate === 'string') return null;
  const { fingerprint } = certificate.authority;
  return { ...login, key: keyInside(customer, certificate), authority: fingerprint, certificate };
}
