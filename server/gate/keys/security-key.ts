import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { isSecurityKeyType, type SecurityKeyType } from '../../../policy/key-types.js';
import { readStrings } from './ssh-fields.js';

/** A public key whose private half is in an authenticator (OpenSSH's PROTOCOL.u2f, "SSH U2F Key formats"). */
export interface SecurityKey {
  readonly type: SecurityKeyType;
  readonly publicKey: KeyObject;
  /** What the authenticator made the key for: `ssh:`, or a longer text that begins so. */
  readonly application: string;
}

/** ssh-keygen(1) makes no other application. Anything else is a key for web sites (WebAuthn). */
const APPLICATION = /^ssh:[\x21-\x7e]{0,124}$/;

/**
 * Reads a public key blob. There is one blob for each key: exact lengths, an uncompressed point that is on the
 * curve, and nothing behind the last field.
 *
 * @returns null when it is not such a key
 */
export function readSecurityKey(blob: Buffer): SecurityKey | null {
  const fields = readStrings(blob);
  const type = fields?.[0]?.toString('latin1') ?? '';
  if (fields === null || !isSecurityKeyType(type)) return null;
  const application = fields.at(-1)?.toString('latin1') ?? '';
  if (!APPLICATION.test(application)) return null;
  const jwk = type === 'sk-ssh-ed25519@openssh.com' ? ed25519(fields) : ecdsa(fields);
  const publicKey = jwk === null ? null : imported(jwk);
  return publicKey === null ? null : { type, publicKey, application };
}

/** The application of a blob that is whole but is not for SSH; null for any other blob. */
export function foreignApplication(blob: Buffer): string | null {
  const fields = readStrings(blob);
  if (fields === null || fields.length < 3 || !isSecurityKeyType(fields[0]?.toString('latin1') ?? ''))
    return null;
  const application = fields.at(-1)?.toString('latin1') ?? '';
  return application.startsWith('ssh:') ? null : application;
}

/** The fields are type, key, application. */
function ed25519([, key, ...application]: readonly Buffer[]): JsonWebKey | null {
  if (key?.length !== 32 || application.length !== 1) return null;
  return { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
}

/** The fields are type, curve, point, application. */
function ecdsa([, curve, point, ...application]: readonly Buffer[]): JsonWebKey | null {
  if (curve?.toString('latin1') !== 'nistp256' || application.length !== 1) return null;
  if (point?.length !== 65 || point[0] !== 4) return null;
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  return { kty: 'EC', crv: 'P-256', x, y };
}

function imported(key: JsonWebKey): KeyObject | null {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return null;
  }
}
