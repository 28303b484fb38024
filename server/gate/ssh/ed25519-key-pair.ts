import { randomBytes } from 'node:crypto';
import { ed25519Pair, type Ed25519Pair } from './raw-keys.js';
import { sshString } from '../keys/ssh-fields.js';

const TYPE = 'ssh-ed25519';

/** A key pair in the file formats of ssh-keygen. */
interface KeyPairFiles {
  /** `openssh-key-v1`, without a passphrase (OpenSSH's PROTOCOL.key). */
  readonly privateFile: string;
  /** One line, as in authorized_keys. */
  readonly publicFile: string;
}

/**
 * Makes an Ed25519 key pair. ssh2 1.17 can make one too, but takes the public key for a number and drops a
 * leading zero. One of its keys in 256 or so cannot be read, by itself or by OpenSSH.
 */
export function makeEd25519KeyPair(comment: string): KeyPairFiles {
  return ed25519KeyPairFiles(ed25519Pair(), comment);
}

export function ed25519KeyPairFiles({ publicKey, seed }: Ed25519Pair, comment: string): KeyPairFiles {
  const blob = Buffer.concat([sshString(TYPE), sshString(publicKey)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    blob,
    sshString(Buffer.concat([seed, publicKey])),
    sshString(comment),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, n) => n + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    Buffer.from([0, 0, 0, 1]),
    sshString(blob),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString('base64').replace(/.{70}/g, '$&\n').trimEnd();
  return {
    privateFile: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicFile: `${TYPE} ${blob.toString('base64')}${comment === '' ? '' : ` ${comment}`}\n`,
  };
}
