import { createHash, createPublicKey } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { isSecurityKeyType, KEY_TYPES } from '../../../policy/key-types.js';
import type { KeyType } from '../../../policy/key-types.js';
import { parseFingerprint } from '../../../policy/names.js';
import type { Fingerprint } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { dropUnprintable } from '../../../policy/printable.js';
import { readStrings } from './ssh-fields.js';
import { foreignApplication, readSecurityKey } from './security-key.js';

/** A public key that was read and understood. */
export interface PublicKey {
  readonly type: KeyType;
  /** The public key blob of RFC 4253 §6.6. */
  readonly blob: Buffer;
  readonly fingerprint: Fingerprint;
  /** The text after the key, printable, at most 128 characters; often empty. */
  readonly comment: string;
  /** The size as `ssh-keygen -l` tells it. */
  readonly bits: number;
}

const LONGEST_LINE = 8192;
const LONGEST_COMMENT = 128;
const LARGEST_RSA_BITS = 16_384;

const CURVES = {
  'ecdsa-sha2-nistp256': { curve: 'nistp256', crv: 'P-256', bits: 256, bytes: 32 },
  'ecdsa-sha2-nistp384': { curve: 'nistp384', crv: 'P-384', bits: 384, bytes: 48 },
  'ecdsa-sha2-nistp521': { curve: 'nistp521', crv: 'P-521', bits: 521, bytes: 66 },
} as const;

const HOW = 'paste the one line of your .pub file, for example of ~/.ssh/id_ed25519.pub';

/** What people often paste instead of a public key, and the answer to it. */
const MISTAKEN: readonly (readonly [RegExp, string])[] = [
  [
    /PRIVATE KEY|PuTTY-User-Key-File|OPENSSH PRIVATE/i,
    `this is a private key: never paste or send it to anybody, it is not kept here; ${HOW}`,
  ],
  [
    /-- BEGIN SSH2 PUBLIC KEY/i,
    'this is a key in the format of RFC 4716: in PuTTYgen, copy the text of the box "Public key for pasting into OpenSSH authorized_keys file"',
  ],
  [/-----BEGIN /i, `this is a key in another format than OpenSSH's: ${HOW}`],
];

function invalid(message: string): Refusal {
  return refusal('key-invalid', message);
}

/**
 * Reads one public key as it stands in a `.pub` file or in authorized_keys (sshd(8)), without options. The
 * refusal says in one sentence what is wrong, and never repeats what was given: it may be a secret.
 */
export function parsePublicKey(
  text: string,
  { rsaMinimumBits = 2048 }: { readonly rsaMinimumBits?: number } = {},
): PublicKey | Refusal {
  const line = text.trim();
  if (line === '') return invalid(`there is no key: ${HOW}`);
  if (line.includes('\0') && KEY_TYPES.some((type) => line.replaceAll('\0', '').includes(`${type} `)))
    return invalid(`this is in UTF-16, as Notepad and PowerShell save: save it as UTF-8 or ASCII; or ${HOW}`);
  const isKnown = KEY_TYPES.some((type) => line.startsWith(`${type} `));
  if (line.includes('\0') || (line.includes('\ufffd') && !isKnown)) return invalid(`this is no text: ${HOW}`);
  if (line.startsWith('#'))
    return invalid(
      `this line begins with a # and so is a comment, not a key: take the # away if the key is meant, or ${HOW}`,
    );
  for (const [pattern, sentence] of MISTAKEN) if (pattern.test(line)) return invalid(sentence);
  if (line.length > LONGEST_LINE) return invalid(`this is too long for a public key: ${HOW}`);
  if (/[\r\n]/.test(line))
    return invalid(`these are several lines, and a key is one, without breaks: ${HOW}`);
  if (holdsAsciiControls(line)) return invalid(`this holds control characters: ${HOW}`);

  const [type = '', base64 = '', ...comment] = line.split(/[ \t]+/);
  const wrong = wrongType(type, line);
  if (wrong !== null) return invalid(wrong);
  const blob = Buffer.from(base64, 'base64');
  if (blob.length === 0 || blob.toString('base64') !== base64) {
    return invalid(`the key is cut short or damaged: ${HOW}`);
  }
  if (type === blobType(blob) && foreignApplication(blob) !== null)
    return invalid(
      'this key was made for another use than SSH, such as a web site: make a new one with `ssh-keygen -t ed25519-sk`',
    );
  const bits = readBlob(type as KeyType, blob);
  if (bits === null) return invalid(`the key is cut short or damaged: ${HOW}`);
  if (type === 'ssh-rsa' && bits < rsaMinimumBits) {
    return invalid(
      `this RSA key has ${bits} bits, and ${rsaMinimumBits} is the least: make a new key with \`ssh-keygen -t ed25519\``,
    );
  }
  if (bits > LARGEST_RSA_BITS)
    return invalid(`this RSA key has ${bits} bits, and ${LARGEST_RSA_BITS} is the most`);
  return {
    type: type as KeyType,
    blob,
    fingerprint: fingerprintOf(blob),
    comment: shownComment(comment.join(' ')),
    bits,
  };
}

/** @returns OpenSSH's SHA256 fingerprint of a public key blob */
export function fingerprintOf(blob: Uint8Array): Fingerprint {
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  const fingerprint = parseFingerprint(`SHA256:${digest}`);
  if (fingerprint === undefined) throw new Error('a SHA-256 digest has another length than 32 bytes');
  return fingerprint;
}

function wrongType(type: string, line: string): string | null {
  if ((KEY_TYPES as readonly string[]).includes(type)) return null;
  if (/-cert-v\d+@openssh\.com$/.test(type))
    return `certificates are not registered: one logs in by itself when we trust its CA; for a key, ${HOW}`;
  if (type.startsWith('sk-') || type.startsWith('webauthn-'))
    return 'this kind of security key is not taken: make a key with `ssh-keygen -t ed25519-sk`';
  if (type === 'ssh-dss') return 'DSA keys are too weak: make a new key with `ssh-keygen -t ed25519`';
  const behind = KEY_TYPES.some((known) => new RegExp(`[ \\t]${known}[ \\t]`).test(line));
  if (behind) return 'options before the key are not taken: paste from the key type on (ssh-…)';
  return `this is not a public key that can log in here (${KEY_TYPES.join(', ')}): ${HOW}`;
}

/**
 * @returns the size in bits; null when the blob is not a whole key of this type, or cannot verify anything
 */
function readBlob(type: KeyType, blob: Buffer): number | null {
  const fields = readStrings(blob);
  if (fields === null || fields[0]?.toString('latin1') !== type) return null;
  if (type === 'ssh-ed25519') return fields.length === 2 ? ed25519Bits(fields[1]) : null;
  if (isSecurityKeyType(type)) return readSecurityKey(blob) === null ? null : 256;
  if (type === 'ssh-rsa') return fields.length === 3 ? rsaBits(fields[1], fields[2]) : null;
  return fields.length === 3 ? ecdsaBits(type, fields[1], fields[2]) : null;
}

function blobType(blob: Buffer): string {
  return readStrings(blob)?.[0]?.toString('latin1') ?? '';
}

/** The size of an RSA key that was accepted once; null for anything else. */
export function rsaBitsOf(blob: Buffer): number | null {
  const modulus = positive(readStrings(blob)?.[2]);
  return modulus === null ? null : bitsOf(modulus);
}

function bitsOf(modulus: Buffer): number {
  return modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
}

function ed25519Bits(key: Buffer | undefined): number | null {
  if (key?.length !== 32) return null;
  return isImportable({ kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }) ? 256 : null;
}

function ecdsaBits(
  type: keyof typeof CURVES,
  name: Buffer | undefined,
  point: Buffer | undefined,
): number | null {
  const { curve, crv, bits, bytes } = CURVES[type];
  // Uncompressed points only, as RFC 5656 §3.1 says by way of SEC 1.
  if (name?.toString('latin1') !== curve || point?.length !== 1 + 2 * bytes || point[0] !== 4) return null;
  const x = point.subarray(1, 1 + bytes).toString('base64url');
  const y = point.subarray(1 + bytes).toString('base64url');
  return isImportable({ kty: 'EC', crv, x, y }) ? bits : null;
}

function rsaBits(e: Buffer | undefined, n: Buffer | undefined): number | null {
  const exponent = positive(e);
  const modulus = positive(n);
  if (exponent === null || modulus === null) return null;
  if (exponent.length > 8 || isEven(exponent) || isEven(modulus)) return null;
  if (exponent.length === 1 && exponent[0] === 1) return null;
  const bits = bitsOf(modulus);
  const fits = isImportable({
    kty: 'RSA',
    n: modulus.toString('base64url'),
    e: exponent.toString('base64url'),
  });
  return fits ? bits : null;
}

/**
 * @returns the bytes of a positive mpint (RFC 4251 §5) in its shortest form, without a leading zero; else
 *   null
 */
function positive(mpint: Buffer | undefined): Buffer | null {
  const [first, second] = mpint ?? [];
  if (mpint === undefined || first === undefined || first >= 0x80) return null;
  if (first > 0) return mpint;
  return second !== undefined && second >= 0x80 ? mpint.subarray(1) : null;
}

function isEven(number: Buffer): boolean {
  return ((number.at(-1) ?? 0) & 1) === 0;
}

function isImportable(key: JsonWebKey): boolean {
  try {
    createPublicKey({ key, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a line of a key's file holds an ASCII control character other than a tab; sshd(8) reads the file in
 * bytes. Other characters that do not print may stand in the comment, which is shown without them.
 */
export function holdsAsciiControls(line: string): boolean {
  return /[\u0000-\u0008\u000a-\u001f\u007f]/.test(line);
}

/** Drops what does not print: a comment means nothing, so nothing is lost. */
function shownComment(comment: string): string {
  const shown = Array.from(dropUnprintable(comment));
  return shown.slice(0, LONGEST_COMMENT).join('').trim();
}
