import { createHash, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { SecurityKeyType } from '../../policy/key-types.js';
import { fingerprintOf } from '../../server/gate/keys/public-key.js';
import { encode } from './raw-ssh.js';

/** The order of P-256 (SEC 2 §2.4.2). */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** Flags of a signature: somebody touched the key, and it knows who that was. */
export const PRESENT = 0x01;
export const VERIFIED = 0x04;

/** What a test wants otherwise than an honest authenticator. */
export interface Changes {
  readonly flags?: number;
  readonly counter?: number;
  /** The application that is signed. */
  readonly application?: string;
  /** The type that the signature says. */
  readonly type?: string;
  /** Sent in the place of what was signed. */
  readonly sent?: { readonly flags?: number; readonly counter?: number };
  /** Whether s is above half the order. Left out: as it comes. */
  readonly highS?: boolean;
  /** Changes the signature before it is wrapped. */
  readonly bare?: (signature: Buffer) => Buffer;
}

/** A FIDO2 authenticator in software, with one key (OpenSSH's PROTOCOL.u2f). */
export class SoftAuthenticator {
  readonly type: SecurityKeyType;
  readonly application: string;
  readonly blob: Buffer;
  readonly #key: KeyObject;
  /** The last that it has signed with. */
  counter = 0;
  flags = PRESENT;

  constructor(kind: 'ed25519' | 'ecdsa', application = 'ssh:') {
    const { publicKey, privateKey } = keyPair(kind);
    this.#key = createPrivateKey({ key: privateKey, type: 'pkcs8', format: 'der' });
    this.type = kind === 'ed25519' ? 'sk-ssh-ed25519@openssh.com' : 'sk-ecdsa-sha2-nistp256@openssh.com';
    this.application = application;
    const key = kind === 'ed25519' ? [publicKey.subarray(-32)] : ['nistp256', publicKey.subarray(-65)];
    this.blob = Buffer.concat([this.type, ...key, application].map((field) => encode(field)));
  }

  get fingerprint(): string {
    return fingerprintOf(this.blob);
  }

  /** As in a .pub file. */
  get line(): string {
    return `${this.type} ${this.blob.toString('base64')}`;
  }

  /** @returns the whole SSH signature of these bytes */
  sign(signed: Buffer, changes: Changes = {}): Buffer {
    const { flags = this.flags, application = this.application, sent } = changes;
    const counter = changes.counter ?? (this.counter += 1);
    const message = Buffer.concat([sha256(application), tail(flags, counter), sha256(signed)]);
    const bare = changes.bare ?? ((signature) => signature);
    return Buffer.concat([
      encode(changes.type ?? this.type),
      encode(bare(this.#signature(message, changes.highS))),
      tail(sent?.flags ?? flags, sent?.counter ?? counter),
    ]);
  }

  #signature(message: Buffer, highS: boolean | undefined): Buffer {
    if (this.type === 'sk-ssh-ed25519@openssh.com') return sign(null, message, this.#key);
    const raw = sign('sha256', message, { key: this.#key, dsaEncoding: 'ieee-p1363' });
    const [r, s] = [raw.subarray(0, 32), raw.subarray(32)].map((half) => BigInt(`0x${half.toString('hex')}`));
    if (r === undefined || s === undefined) throw new Error('a signature has two halves');
    const isHigh = s > ORDER / 2n;
    return mpints(r, highS === undefined || highS === isHigh ? s : ORDER - s);
  }
}

/** In DER, where the public key stands at the end (RFC 8410 §4, RFC 5480 §2.2). */
function keyPair(kind: 'ed25519' | 'ecdsa'): { publicKey: Buffer; privateKey: Buffer } {
  const publicKeyEncoding = { type: 'spki', format: 'der' } as const;
  const privateKeyEncoding = { type: 'pkcs8', format: 'der' } as const;
  return kind === 'ed25519'
    ? generateKeyPairSync('ed25519', { publicKeyEncoding, privateKeyEncoding })
    : generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding, privateKeyEncoding });
}

/** An ECDSA signature as in RFC 5656 §3.1.2. */
export function mpints(...numbers: readonly bigint[]): Buffer {
  return Buffer.concat(
    numbers.map((number) => {
      const hex = number.toString(16);
      const bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
      return encode((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
    }),
  );
}

function tail(flags: number, counter: number): Buffer {
  return Buffer.concat([Buffer.from([flags]), encode(counter)]);
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
