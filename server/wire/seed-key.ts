import { isSecurityKeyType, KEY_TYPES } from '../../policy/key-types.js';
import type { KeyType } from '../../policy/key-types.js';
import { parseCustomerName } from '../../policy/names.js';
import type { CustomerName } from '../../policy/names.js';

/** Whose keys go onto the seed disk of a boot: those of the customer who asks, or of all owners of the domain. */
export const SEED_KEYS = ['asker', 'owners'] as const;

export type SeedKeys = (typeof SEED_KEYS)[number];

/** An operation carries at most so many keys. */
export const MOST_SEED_KEYS = 64;

/** All keys of an operation together have at most so many characters: they stand in the journal. */
export const MOST_SEED_KEY_CHARACTERS = 32 * 1024;

/** An RSA key of 16,384 bits, the largest that may log in, has less. */
const LONGEST_BASE64 = 4096;

/** A public key for a seed disk, checked: the line of an authorized_keys file (sshd(8)) without options. */
export interface SeedKey {
  readonly type: KeyType;
  readonly base64: string;
  /** The customer whose key it is. The comments of customers never come onto a seed disk. */
  readonly customer: CustomerName;
}

/** The number of fields in the blob of each type, its name included (RFC 4253 §6.6, RFC 5656 §3.1, PROTOCOL.u2f). */
function fieldsOf(type: KeyType): number {
  if (type === 'ssh-ed25519') return 2;
  return type === 'sk-ecdsa-sha2-nistp256@openssh.com' ? 4 : 3;
}

/**
 * Reads `TYPE BASE64 CUSTOMER`, with one blank between them and nothing else.
 *
 * @returns undefined when the type is none that may log in, the blob is not whole or names another type, or the
 *   rest is no customer's name. A certificate is none.
 */
export function parseSeedKey(text: string): SeedKey | undefined {
  const [, name, base64 = '', comment = ''] = /^(\S+) (\S+) (\S+)$/.exec(text) ?? [];
  const type = KEY_TYPES.find((known) => known === name);
  const customer = parseCustomerName(comment);
  if (type === undefined || customer === undefined || base64.length > LONGEST_BASE64) return undefined;
  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64') !== base64) return undefined;
  const fields = blobFields(blob);
  if (fields === undefined || fields[0]?.toString('latin1') !== type) return undefined;
  if (fields.length !== fieldsOf(type) || fields.some(({ length }) => length === 0)) return undefined;
  // A security key made for a web site signs nothing for SSH.
  if (isSecurityKeyType(type) && fields.at(-1)?.toString('latin1').startsWith('ssh:') !== true)
    return undefined;
  return { type, base64, customer };
}

/** The line for an authorized_keys file. */
export function seedKeyLine({ type, base64, customer }: SeedKey): string {
  return `${type} ${base64} ${customer}`;
}

/** The strings of RFC 4251 §5 that a blob is made of; undefined when they do not fill it exactly. */
function blobFields(blob: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length;) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}
