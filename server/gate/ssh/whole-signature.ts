import { createRequire } from 'node:module';
import type { Ssh2Protocol } from './ssh2-private.js';
import { sshString } from '../keys/ssh-fields.js';

const MSG_USERAUTH_REQUEST = 50;

/** What is touched here has no public form: another version may well differ where the check does not look. */
const WRITTEN_FOR = '1.17.0';

/** Gives the signature of the login request that is being answered, by the bytes that ssh2 says were signed. */
export type WholeSignature = (signed: Buffer) => Buffer | null;

/**
 * Keeps the whole signature of a login request while ssh2 answers it. ssh2 1.17.0 cuts off the type and the
 * length without looking at the length, and ignores what stands behind the signature. To be called before the
 * first key exchange.
 */
export function keepWholeSignature(protocol: Pick<Ssh2Protocol, '_onPayload'>): WholeSignature {
  let request: Buffer | null = null;
  const take = protocol._onPayload;
  protocol._onPayload = (payload) => {
    if (payload[0] !== MSG_USERAUTH_REQUEST) return take(payload);
    request = payload;
    try {
      return take(payload);
    } finally {
      request = null;
    }
  };
  return (signed) => (request === null ? null : signatureIn(request, signed));
}

/**
 * The signature is the string behind the bytes that it signs: the session identifier, and the request up to
 * there (RFC 4252 §7).
 *
 * @returns null when `signed` is of another request, or the signature is not the last thing in the request
 */
function signatureIn(request: Buffer, signed: Buffer): Buffer | null {
  if (signed.length < 4) return null;
  const covered = signed.subarray(4 + signed.readUInt32BE(0));
  const at = covered.length;
  if (at === 0 || request.length < at + 4 || !request.subarray(0, at).equals(covered)) return null;
  const end = at + 4 + request.readUInt32BE(at);
  return end === request.length ? request.subarray(at + 4) : null;
}

/**
 * Tries it out at start-up, with ssh2's own reading of a login request but without a socket.
 *
 * @returns why logins with security keys would fail, in one sentence for the admin; null: they do not
 */
export function whyNoWholeSignature(): string | null {
  const require = createRequire(import.meta.url);
  const { version } = require('ssh2/package.json') as { version: string };
  try {
    const handlers = require('ssh2/lib/protocol/handlers.misc.js') as Handlers;
    if (version === WRITTEN_FOR && isKept(handlers)) return null;
  } catch {
    // What is missing, or is something else, shows in many ways.
  }
  return `Logins with security keys do not work with this ssh2 (${version}); the gate is written for ssh2 ${WRITTEN_FOR} as it was published. Run "npm ci" in Postern's directory.`;
}

type Handlers = Readonly<Record<number, (protocol: object, payload: Buffer) => void>>;

function isKept(handlers: Handlers): boolean {
  const sessionID = Buffer.alloc(32, 7);
  const type = 'sk-ssh-ed25519@openssh.com';
  const whole = Buffer.concat([sshString(type), sshString(Buffer.alloc(64)), Buffer.alloc(5)]);
  const fields = ['alice', 'ssh-connection', 'publickey'].map((field) => sshString(field));
  const key = [Buffer.from([1]), sshString(type), sshString('a key')];
  const request = Buffer.concat([Buffer.from([MSG_USERAUTH_REQUEST]), ...fields, ...key, sshString(whole)]);
  const kept: (Buffer | null)[] = [];
  const USERAUTH_REQUEST = (...parts: unknown[]): void => {
    kept.push(signatureOf((parts.at(-1) as { blob: Buffer }).blob));
  };
  const self = { _server: true, _kex: { sessionID }, _authsQueue: [], _handlers: { USERAUTH_REQUEST } };
  const protocol = { _onPayload: (payload: Buffer) => handlers[MSG_USERAUTH_REQUEST]?.(self, payload) };
  const signatureOf = keepWholeSignature(protocol);
  protocol._onPayload(request);
  return kept[0]?.equals(whole) === true;
}
