import ssh2, { type ParsedKey } from 'ssh2';

/** A key pair that a test signs with by hand. */
export function signingKey(type: 'ed25519' | 'rsa'): ParsedKey {
  const pair =
    type === 'rsa'
      ? ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
      : ssh2.utils.generateKeyPairSync('ed25519');
  const key = ssh2.utils.parseKey(pair.private);
  if (key instanceof Error) throw key;
  return key;
}
