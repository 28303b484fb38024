import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import ssh2, { type ParsedKey } from 'ssh2';
import { listed } from '../../../policy/listing.js';
import type { Fingerprint } from '../../../policy/names.js';
import { fingerprintOf, rsaBitsOf } from '../keys/public-key.js';
import { attempt, HostKeyError } from './host-key-error.js';
import { makeHostKeyFile } from './host-key-file.js';

/** The types of host keys, and the signature algorithms of each in the order of the offer (RFC 8332 for RSA). */
export const HOST_KEY_ALGORITHMS = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
} as const;

export type HostKeyType = keyof typeof HOST_KEY_ALGORITHMS;

/** Each stranger makes the gate sign once: RSA with 4096 bits takes some 5 ms, and four times that with 8192. */
const RSA_BITS = { least: 3072, most: 4096 } as const;

/** RFC 4255 §3.1.1, RFC 6594 §3.1, RFC 7479 §2. */
const SSHFP_ALGORITHMS: Readonly<Record<HostKeyType, number>> = {
  'ssh-rsa': 1,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
  'ssh-ed25519': 4,
};

/** A host key of the gate. The private half is in a private field, so that no log can print it. */
export class HostKey {
  readonly type: HostKeyType;
  /** The public key blob of RFC 4253 §6.6. */
  readonly blob: Buffer;
  readonly fingerprint: Fingerprint;
  readonly comment: string;
  readonly #pem: Buffer;
  readonly #privateKey: KeyObject;

  /** @param parsed the key in `pem`. Use `open`, `read` or `parse` instead */
  constructor(pem: Buffer, parsed: ParsedKey, comment = parsed.comment) {
    this.#pem = pem;
    this.#privateKey = createPrivateKey(parsed.getPrivatePEM());
    this.type = parsed.type as HostKeyType;
    this.blob = parsed.getPublicSSH();
    this.comment = comment;
    this.fingerprint = fingerprintOf(this.blob);
  }

  /**
   * Reads the Ed25519 key, or makes it when there is none: the private file 0600, `FILE.pub` 0644, both as
   * ssh-keygen writes them.
   *
   * @throws HostKeyError when the file cannot be used: too open, of another type, encrypted, broken
   */
  static open(file: string, comment = 'postern'): HostKey {
    if (!existsSync(file))
      attempt(file, 'make', () => {
        makeHostKeyFile(file, comment);
      });
    return HostKey.read(file);
  }

  /**
   * @param types what it may be
   * @throws HostKeyError also when there is no such file
   */
  static read(file: string, types: readonly HostKeyType[] = ['ssh-ed25519']): HostKey {
    return attempt(file, 'read', () => {
      const stat = statSync(file);
      if (!stat.isFile()) throw new HostKeyError(`The host key ${file} is not a file.`);
      if ((stat.mode & 0o077) !== 0) {
        const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
        throw new HostKeyError(
          `The host key ${file} is open to others (mode ${mode}): run "chmod 600 ${file}".`,
        );
      }
      return HostKey.parse(readFileSync(file), file, types);
    });
  }

  /**
   * @param file names it in errors
   * @param comment replaces the one in the text: PEM formats have none
   * @throws HostKeyError
   */
  static parse(pem: Buffer, file: string, types: readonly HostKeyType[], comment?: string): HostKey {
    const parsed = ssh2.utils.parseKey(pem);
    const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    if (key instanceof Error) throw new HostKeyError(unusable(file, key.message));
    const { type } = key as ParsedKey;
    if (!types.some((one) => one === type))
      throw new HostKeyError(`The host key ${file} is of type ${type}: Postern uses ${listed(types)} only.`);
    if (!(key as ParsedKey).isPrivateKey())
      throw new HostKeyError(`The host key ${file} holds only a public key.`);
    const read = new HostKey(pem, key as ParsedKey, comment);
    const { bits } = read;
    if (bits !== null && (bits < RSA_BITS.least || bits > RSA_BITS.most))
      throw new HostKeyError(
        `The host key ${file} has ${bits} bits: an RSA host key has ${RSA_BITS.least} to ${RSA_BITS.most}.`,
      );
    return read;
  }

  /** The size of an RSA key; null for other types, which imply it. */
  get bits(): number | null {
    return this.type === 'ssh-rsa' ? rsaBitsOf(this.blob) : null;
  }

  /** The file's content, for ssh2 alone. */
  get privateKey(): Buffer {
    return this.#pem;
  }

  /** For signatures outside of ssh2's key exchange. */
  get keyObject(): KeyObject {
    return this.#privateKey;
  }

  /** The public key as in FILE.pub and authorized_keys. */
  get publicLine(): string {
    return `${this.type} ${this.blob.toString('base64')}${this.comment === '' ? '' : ` ${this.comment}`}`;
  }

  /** A line for ssh's known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
  knownHostsLine(host: string, port: number): string {
    return `${port === 22 ? host : `[${host}]:${port}`} ${this.type} ${this.blob.toString('base64')}`;
  }

  /** A DNS record (RFC 4255, RFC 6594, RFC 7479): hash 2 is SHA-256. */
  sshfpLine(host: string): string {
    const digest = createHash('sha256').update(this.blob).digest('hex');
    return `${host} IN SSHFP ${SSHFP_ALGORITHMS[this.type]} 2 ${digest}`;
  }
}

function unusable(file: string, why: string): string {
  if (/passphrase|encrypted/i.test(why)) {
    return `The host key ${file} has a passphrase: a server's key cannot have one (remove it with "ssh-keygen -p -N '' -f ${file}").`;
  }
  return `The host key ${file} is not a private key that can be read: is it broken, or another kind of file?`;
}
