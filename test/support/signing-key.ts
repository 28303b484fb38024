import ssh2, { type ParsedKey } from 'ssh2';
import { makeEd25519KeyPair } from '../../server/gate/ssh/ed25519-key-pair.js';

/** A key pair for signing by hand. */
export function signingKey(type: 'ed25519' | 'rsa'): ParsedKey {
  const file =
    type === 'rsa'
      ? ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).private
      : makeEd25519KeyPair('').privateFile;
  const key = ssh2.utils.parseKey(file);
  if (key instanceof Error) throw key;
  return key;
}
