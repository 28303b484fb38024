import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import type { Fingerprint } from '../../../policy/names.js';
import { fingerprintOf } from '../keys/public-key.js';
import { makeEd25519KeyPair } from './ed25519-key-pair.js';

const KEY_TYPE = 'ssh-ed25519';

/** Why there is no host key to use, in one sentence for the admin. */
export class HostKeyError extends Error {
  override readonly name = 'HostKeyError';
}

/** The gate's Ed25519 host key. The private half is in a private field, so that no log can print it. */
export class HostKey {
  /** The public key blob of RFC 4253 §6.6. */
  readonly blob: Buffer;
  readonly fingerprint: Fingerprint;
  readonly comment: string;
  readonly #pem: Buffer;

  /** @param pem the private key; `blob` and `comment` belong to it. Use `open` or `read` instead */
  constructor(pem: Buffer, blob: Buffer, comment: string) {
    this.#pem = pem;
    this.blob = blob;
    this.comment = comment;
    this.fingerprint = fingerprintOf(blob);
  }

  /**
   * Reads the key, or makes it when there is none: the private file 0600, `FILE.pub` 0644, both as ssh-keygen
   * writes them.
   *
   * @throws HostKeyError when the file cannot be used: too open, of another type, encrypted, broken
   */
  static open(file: string, comment = 'postern'): HostKey {
    if (!existsSync(file)) make(file, comment);
    return HostKey.read(file);
  }

  /** @throws HostKeyError also when there is no such file */
  static read(file: string): HostKey {
    return fault(file, 'read', () => {
      const stat = statSync(file);
      if (!stat.isFile()) throw new HostKeyError(`The host key ${file} is not a file.`);
      if ((stat.mode & 0o077) !== 0) {
        const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
        throw new HostKeyError(
          `The host key ${file} is open to others (mode ${mode}): run "chmod 600 ${file}".`,
        );
      }
      const pem = readFileSync(file);
      const parsed = ssh2.utils.parseKey(pem);
      const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
      if (key instanceof Error) throw new HostKeyError(unusable(file, key.message));
      const { type, comment } = key as ParsedKey;
      if (type !== KEY_TYPE)
        throw new HostKeyError(`The host key ${file} is of type ${type}: Postern uses ${KEY_TYPE} only.`);
      if (!(key as ParsedKey).isPrivateKey())
        throw new HostKeyError(`The host key ${file} holds only a public key.`);
      return new HostKey(pem, (key as ParsedKey).getPublicSSH(), comment);
    });
  }

  /** For ssh2 alone. */
  get privateKey(): Buffer {
    return this.#pem;
  }

  /** The public key as in FILE.pub and authorized_keys. */
  get publicLine(): string {
    return `${KEY_TYPE} ${this.blob.toString('base64')}${this.comment === '' ? '' : ` ${this.comment}`}`;
  }

  /** A line for ssh's known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
  knownHostsLine(host: string, port: number): string {
    return `${port === 22 ? host : `[${host}]:${port}`} ${KEY_TYPE} ${this.blob.toString('base64')}`;
  }

  /** A DNS record (RFC 4255, RFC 6594, RFC 7479): algorithm 4 is Ed25519, hash 2 is SHA-256. */
  sshfpLine(host: string): string {
    return `${host} IN SSHFP 4 2 ${createHash('sha256').update(this.blob).digest('hex')}`;
  }
}

function unusable(file: string, why: string): string {
  if (/passphrase|encrypted/i.test(why)) {
    return `The host key ${file} has a passphrase: a server's key cannot have one (remove it with "ssh-keygen -p -N '' -f ${file}").`;
  }
  return `The host key ${file} is not a private key that can be read: is it broken, or another kind of file?`;
}

/** Makes the key and never overwrites one: of two gates that start at once, one makes it and both use it. */
function make(file: string, comment: string): void {
  fault(file, 'make', () => {
    const { privateFile, publicFile } = makeEd25519KeyPair(comment);
    const temporary = `${file}.${randomBytes(6).toString('hex')}`;
    try {
      write(temporary, privateFile, 0o600);
      linkSync(temporary, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    try {
      write(temporary, publicFile, 0o644);
      renameSync(temporary, `${file}.pub`);
    } finally {
      rmSync(temporary, { force: true });
    }
    const directory = openSync(dirname(file), 'r');
    fsyncSync(directory);
    closeSync(directory);
  });
}

function write(file: string, text: string, mode: number): void {
  const descriptor = openSync(file, 'wx', mode);
  try {
    // Writes all of it: a single write may take a part only.
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  chmodSync(file, mode);
}

function fault<T>(file: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof HostKeyError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      EACCES: 'permission denied',
      ENOENT: 'no such file or directory',
      EROFS: 'the file system is read-only',
      ENOSPC: 'the disk is full',
    };
    throw new HostKeyError(`Cannot ${what} the host key ${file}: ${reasons[code ?? ''] ?? message}.`);
  }
}
