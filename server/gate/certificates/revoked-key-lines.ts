import { typeInside } from './certificate.js';
import type { RevocableCertificate, RevocationList } from './revocation-list.js';
import { SshFields, sshString } from '../keys/ssh-fields.js';

/** The types that sshd(8) reads; those that log nobody in here may be listed as well. */
const TYPE = /^(ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9-]+@openssh\.com)$/;
/** How many fields a key has behind its type. */
const FIELDS: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ssh-dss': 4,
  'sk-ssh-ed25519@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256@openssh.com': 3,
};

/**
 * A list of public keys, one a line as in a `.pub` file: the other form that sshd's `RevokedKeys` takes. A
 * certificate in it stands for the key inside.
 */
export class RevokedKeyLines implements RevocationList {
  readonly #keys: ReadonlySet<string>;

  /** @param keys blobs, as hex */
  constructor(keys: ReadonlySet<string>) {
    this.#keys = keys;
  }

  /** @returns the number of the first line that is no key, from 1 */
  static read(bytes: Buffer): RevokedKeyLines | number {
    const keys = new Set<string>();
    for (const [index, line] of bytes.toString('latin1').split('\n').entries()) {
      const text = line.replace(/\r$/, '').replace(/^[ \t]+/, '');
      if (text === '' || text.startsWith('#')) continue;
      const key = keyOf(text);
      if (key === null) return index + 1;
      keys.add(key.toString('hex'));
    }
    return new RevokedKeyLines(keys);
  }

  revokesKey(blob: Buffer): boolean {
    return this.#keys.has(blob.toString('hex'));
  }

  revokesCertificate({ key, authority }: RevocableCertificate): boolean {
    return this.revokesKey(key.blob) || this.revokesKey(authority.blob);
  }
}

/** @returns the plain key blob; null when the line is no key */
function keyOf(line: string): Buffer | null {
  const [type = '', base64 = ''] = line.split(/[ \t]+/);
  const blob = Buffer.from(base64, 'base64');
  if (blob.length === 0 || blob.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
    return null;
  const inside = typeInside(type);
  const plain = inside ?? type;
  if (!TYPE.test(plain)) return null;
  const fields = new SshFields(blob);
  if (fields.string().toString('latin1') !== type) return null;
  if (inside !== null) fields.string(); // the nonce
  const from = fields.position;
  for (let left = FIELDS[plain] ?? 2; left > 0; left -= 1) fields.string();
  const isWhole = inside === null ? fields.isComplete : fields.isSound;
  return isWhole ? Buffer.concat([sshString(plain), fields.between(from, fields.position)]) : null;
}
