import { createHash } from 'node:crypto';
import type { RevocableCertificate, RevocationList } from './revocation-list.js';
import { readStrings, SshFields } from '../keys/ssh-fields.js';

/** The first bytes of OpenSSH's binary format: `SSHKRL`, a newline and a NUL. */
const MAGIC = Buffer.from('SSHKRL\n\0', 'latin1');
const FORMAT = 1;
const SECTION = { certificates: 1, keys: 2, sha1: 3, signature: 4, sha256: 5, extension: 255 } as const;
const PART = { serials: 0x20, range: 0x21, bitmap: 0x22, keyIds: 0x23, extension: 0x39 } as const;
const LAST_SERIAL = 2n ** 64n - 1n;

/** Certificates of one CA, or of any. */
interface RevokedCertificates {
  /** The CA's key, as hex; empty: whichever. */
  readonly authority: string;
  readonly serials: Set<bigint>;
  readonly ranges: { readonly from: bigint; readonly to: bigint }[];
  readonly bitmaps: { readonly offset: bigint; readonly bits: Buffer }[];
  readonly keyIds: Set<string>;
}

/** Whether a file claims to be of this format. */
export function isKeyRevocationList(bytes: Buffer): boolean {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/**
 * OpenSSH's binary key revocation list (PROTOCOL.krl), as `ssh-keygen -k` makes it. Signatures in it are
 * ignored, as OpenSSH does since 9.4: the file's owner vouches for it.
 */
export class KeyRevocationList implements RevocationList {
  readonly #certificates: RevokedCertificates[] = [];
  readonly #keys = new Set<string>();
  readonly #sha1 = new Set<string>();
  readonly #sha256 = new Set<string>();

  /** The only way to make one that revokes anything. @returns null when it is not whole and understood in every part */
  static read(bytes: Buffer): KeyRevocationList | null {
    const list = new KeyRevocationList();
    return list.#read(bytes) ? list : null;
  }

  revokesKey(blob: Buffer): boolean {
    return (
      this.#keys.has(blob.toString('hex')) ||
      (this.#sha1.size > 0 && this.#sha1.has(digest('sha1', blob))) ||
      (this.#sha256.size > 0 && this.#sha256.has(digest('sha256', blob)))
    );
  }

  revokesCertificate(certificate: RevocableCertificate): boolean {
    const { key, authority } = certificate;
    if (this.revokesKey(key.blob) || this.revokesKey(authority.blob)) return true;
    const by = authority.blob.toString('hex');
    return this.#certificates.some(
      (revoked) => (revoked.authority === '' || revoked.authority === by) && names(revoked, certificate),
    );
  }

  #read(bytes: Buffer): boolean {
    if (!isKeyRevocationList(bytes)) return false;
    const fields = new SshFields(bytes.subarray(MAGIC.length));
    if (fields.uint32() !== FORMAT) return false;
    fields.uint64(); // the number of the list
    fields.uint64(); // when it was made
    fields.uint64(); // flags, of which none is defined
    fields.string(); // reserved
    fields.string(); // a comment
    let isSigned = false;
    while (!fields.isAtEnd) {
      const section = fields.byte();
      const content = fields.string();
      if (!fields.isSound || (isSigned && section !== SECTION.signature)) return false;
      if (!this.#readSection(section, content)) return false;
      if (section !== SECTION.signature) continue;
      isSigned = true;
      fields.string(); // the signature; the section itself is the key that made it
    }
    return fields.isSound;
  }

  #readSection(section: number, content: Buffer): boolean {
    switch (section) {
      case SECTION.certificates:
        return this.#readCertificates(content);
      case SECTION.keys:
        return addAll(this.#keys, content, null);
      case SECTION.sha1:
        return addAll(this.#sha1, content, 20);
      case SECTION.sha256:
        return addAll(this.#sha256, content, 32);
      case SECTION.signature:
        return true;
      case SECTION.extension:
        return isIgnorable(content);
      default:
        return false;
    }
  }

  #readCertificates(content: Buffer): boolean {
    const fields = new SshFields(content);
    const revoked: RevokedCertificates = {
      authority: fields.string().toString('hex'),
      serials: new Set(),
      ranges: [],
      bitmaps: [],
      keyIds: new Set(),
    };
    fields.string(); // reserved
    while (!fields.isAtEnd) {
      const part = fields.byte();
      const data = fields.string();
      if (!fields.isSound || !readPart(revoked, part, data)) return false;
    }
    this.#certificates.push(revoked);
    return fields.isSound;
  }
}

function readPart(
  { serials, ranges, bitmaps, keyIds }: RevokedCertificates,
  part: number,
  data: Buffer,
): boolean {
  const fields = new SshFields(data);
  switch (part) {
    case PART.serials:
      while (!fields.isAtEnd) serials.add(fields.uint64());
      return fields.isSound;
    case PART.range: {
      const [from, to] = [fields.uint64(), fields.uint64()];
      ranges.push({ from, to });
      return fields.isComplete && from <= to;
    }
    case PART.bitmap: {
      const offset = fields.uint64();
      const bits = fields.string();
      bitmaps.push({ offset, bits });
      // The number is not negative (RFC 4251 §5), and no serial is beyond 64 bits.
      const isPositive = bits.length > 0 && (bits[0] ?? 0) < 0x80;
      return fields.isComplete && isPositive && offset + highestBit(bits) <= LAST_SERIAL;
    }
    case PART.keyIds: {
      const ids = readStrings(data);
      for (const id of ids ?? []) keyIds.add(id.toString('latin1'));
      return ids !== null;
    }
    case PART.extension:
      return isIgnorable(data);
    default:
      return false;
  }
}

/** As OpenSSH: the serial 0, which is what a CA that counts none writes, is revoked by no number. */
function names(
  { serials, ranges, bitmaps, keyIds }: RevokedCertificates,
  { serial, keyId }: RevocableCertificate,
): boolean {
  if (keyIds.has(keyId)) return true;
  if (serial === 0n) return false;
  return (
    serials.has(serial) ||
    ranges.some(({ from, to }) => from <= serial && serial <= to) ||
    bitmaps.some(({ offset, bits }) => hasBit(bits, serial - offset))
  );
}

/** Whether a bit of an unsigned big-endian number is set. */
function hasBit(number: Buffer, bit: bigint): boolean {
  if (bit < 0n || bit >= BigInt(number.length) * 8n) return false;
  const at = Number(bit);
  return (((number[number.length - 1 - (at >> 3)] ?? 0) >> (at & 7)) & 1) === 1;
}

/** The place of the highest bit that is set in an unsigned big-endian number; 0 when none is. */
function highestBit(number: Buffer): bigint {
  const first = number.findIndex((byte) => byte !== 0);
  if (first === -1) return 0n;
  return BigInt((number.length - first) * 8 - 1 - (Math.clz32(number[first] ?? 0) - 24));
}

/** @param length of each string; null: any but zero */
function addAll(set: Set<string>, content: Buffer, length: number | null): boolean {
  const strings = readStrings(content);
  if (strings === null) return false;
  for (const string of strings) {
    if (length === null ? string.length === 0 : string.length !== length) return false;
    set.add(string.toString('hex'));
  }
  return true;
}

/** An extension that is not critical may be ignored. None is known. */
function isIgnorable(content: Buffer): boolean {
  const fields = new SshFields(content);
  fields.string(); // its name
  const critical = fields.byte();
  fields.string();
  return fields.isComplete && critical === 0;
}

function digest(algorithm: 'sha1' | 'sha256', blob: Buffer): string {
  return createHash(algorithm).update(blob).digest('hex');
}
