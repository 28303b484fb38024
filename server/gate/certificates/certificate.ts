import { isRefusal } from '../../../policy/refusal.js';
import { parsePublicKey } from '../keys/public-key.js';
import type { PublicKey } from '../keys/public-key.js';
import { optionNames, readOptions } from './certificate-options.js';
import type { CertificateOptions, OptionFault } from './certificate-options.js';
import { readStrings, SshFields, sshString } from '../keys/ssh-fields.js';

/** An OpenSSH user certificate that was read. Nothing in it is proven before its signature is verified. */
export interface Certificate {
  /** The key inside: its holder must sign with it. */
  readonly key: PublicKey;
  /** The key of the CA, which signed it. */
  readonly authority: PublicKey;
  readonly serial: bigint;
  /** As the CA wrote it: any bytes but NUL, one a character. */
  readonly keyId: string;
  /** Login names, one byte a character. */
  readonly principals: readonly string[];
  /** Milliseconds since 1970. */
  readonly validAfter: number;
  /** The first moment at which it counts no more; null: it always counts. */
  readonly validBefore: number | null;
  readonly options: CertificateOptions | OptionFault;
  /** The names of its critical options as the CA wrote them, one byte a character; none when they cannot be read. */
  readonly demands: readonly string[];
  /** The bytes that the CA signed, and its signature: a name and a blob (RFC 4253 §6.6). */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/**
 * Why bytes are no certificate for a login here. `not-for-users`: it is a host's. `key-not-taken`: the key
 * inside, or the CA's, is of no kind or size that the gate takes.
 */
export type CertificateFault = 'unreadable' | 'not-for-users' | 'key-not-taken';

const SUFFIX = '-cert-v01@openssh.com';
const USER = 1;
const HOST = 2;
/** As many as OpenSSH takes. */
const MOST_PRINCIPALS = 256;
/** Times are compared as ISO 8601 texts, which have a fifth digit from here on. Milliseconds. */
const END_OF_TIME = Date.parse('9999-12-31T23:59:59.999Z');
const FOREVER = 2n ** 64n - 1n;

/** The fields of the key in a certificate, by the name that the blob begins with. */
const KEY_FIELDS: Readonly<Record<string, number>> = {
  'ssh-ed25519-cert-v01@openssh.com': 1,
  'ssh-rsa-cert-v01@openssh.com': 2,
  'ecdsa-sha2-nistp256-cert-v01@openssh.com': 2,
  'ecdsa-sha2-nistp384-cert-v01@openssh.com': 2,
  'ecdsa-sha2-nistp521-cert-v01@openssh.com': 2,
  'sk-ssh-ed25519-cert-v01@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com': 3,
};

/** The key type inside, by the certificate's type: `ssh-ed25519`; null: that is no type of certificates. */
export function typeInside(type: string): string | null {
  if (!Object.hasOwn(KEY_FIELDS, type)) return null;
  const plain = type.slice(0, -SUFFIX.length);
  return plain.startsWith('sk-') ? `${plain}@openssh.com` : plain;
}

/**
 * Reads a certificate (OpenSSH's PROTOCOL.certkeys). Its parts are checked in form only.
 *
 * @param limits the smallest RSA key that may be inside it, or sign it
 */
export function readCertificate(
  blob: Buffer,
  limits: { readonly rsaMinimumBits: number },
): Certificate | CertificateFault {
  const fields = new SshFields(blob);
  const type = fields.string().toString('latin1');
  const plain = typeInside(type);
  if (plain === null) return 'unreadable';
  fields.string(); // the nonce
  const keyFrom = fields.position;
  for (let left = KEY_FIELDS[type] ?? 0; left > 0; left -= 1) fields.string();
  const inside = Buffer.concat([sshString(plain), fields.between(keyFrom, fields.position)]);
  const serial = fields.uint64();
  const kind = fields.uint32();
  const keyId = fields.string();
  const principals = readStrings(fields.string(), MOST_PRINCIPALS);
  const validAfter = fields.uint64();
  const validBefore = fields.uint64();
  const critical = fields.string();
  const extensions = fields.string();
  fields.string(); // reserved
  const signing = fields.string();
  const signed = fields.between(0, fields.position);
  const signature = fields.string();
  if (!fields.isComplete || principals === null || (kind !== USER && kind !== HOST)) return 'unreadable';
  if ([keyId, ...principals].some((text) => text.includes(0))) return 'unreadable';
  if (kind === HOST) return 'not-for-users';
  const key = keyOf(inside, limits);
  const authority = keyOf(signing, limits);
  if (key === null || authority === null) return 'key-not-taken';
  return {
    key,
    authority,
    serial,
    keyId: keyId.toString('latin1'),
    principals: principals.map((name) => name.toString('latin1')),
    validAfter: milliseconds(validAfter),
    validBefore: validBefore === FOREVER ? null : milliseconds(validBefore),
    options: readOptions(critical, extensions),
    demands: optionNames(critical),
    signed,
    signature,
  };
}

/** A plain key, never another certificate. */
function keyOf(blob: Buffer, limits: { readonly rsaMinimumBits: number }): PublicKey | null {
  const type = new SshFields(blob).string().toString('latin1');
  // It becomes a word of a line.
  if (!/^[a-z0-9@.-]+$/.test(type)) return null;
  const key = parsePublicKey(`${type} ${blob.toString('base64')}`, limits);
  return isRefusal(key) ? null : key;
}

/** Later times become the last of the year 9999. */
function milliseconds(seconds: bigint): number {
  const found = seconds * 1000n;
  return found > BigInt(END_OF_TIME) ? END_OF_TIME : Number(found);
}
