import { sshString } from '../keys/ssh-fields.js';
import { SIGNATURE_ALGORITHMS } from './algorithms.js';

/** The software's name in the identification line. */
export const IDENT = 'Postern';

const MSG_DISCONNECT = 1;
const MSG_EXT_INFO = 7;
const MSG_GLOBAL_REQUEST = 80;
export const MSG_KEXINIT = 20;

/** SSH_DISCONNECT reasons that the gate gives (RFC 4253 §11.1). */
export const DISCONNECT = {
  protocolError: 2,
  byApplication: 11,
  tooManyConnections: 12,
  noMoreAuthMethods: 14,
} as const;

/** SSH_MSG_DISCONNECT with a sentence; ssh2 leaves the sentence empty. */
export function disconnectMessage(reason: number, sentence: string): Buffer {
  return Buffer.concat([Buffer.from([MSG_DISCONNECT]), uint32(reason), sshString(sentence), sshString('en')]);
}

/**
 * SSH_MSG_EXT_INFO with server-sig-algs (RFC 8308 §3.1). ssh2 1.17 lists `ssh-rsa` and `ssh-dss`, which the
 * gate refuses, and lacks a comma, so that clients do not find rsa-sha2-512.
 */
export function signatureAlgorithmsMessage(): Buffer {
  const names = Object.keys(SIGNATURE_ALGORITHMS).join(',');
  return Buffer.concat([
    Buffer.from([MSG_EXT_INFO]),
    uint32(1),
    sshString('server-sig-algs'),
    sshString(names),
  ]);
}

/** SSH_MSG_GLOBAL_REQUEST that wants no reply (RFC 4254 §4). */
export function globalRequest(name: string, fields: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(MSG_GLOBAL_REQUEST), sshString(name), Buffer.of(0), ...fields]);
}

/**
 * The bytes for a client that is turned away before the key exchange: who speaks, and why (RFC 4253 §4.2, §6,
 * §11.1).
 */
export function turnedAwayBytes(sentence: string): Buffer {
  const payload = disconnectMessage(DISCONNECT.tooManyConnections, sentence);
  const padding = 4 + ((8 - ((5 + payload.length + 4) % 8)) % 8);
  const head = Buffer.concat([uint32(1 + payload.length + padding), Buffer.from([padding])]);
  return Buffer.concat([Buffer.from(`SSH-2.0-${IDENT}\r\n`), head, payload, Buffer.alloc(padding)]);
}

/** Where the lists of an SSH_MSG_KEXINIT begin: behind its number and the cookie (RFC 4253 §7.1). */
export const KEXINIT_LISTS = 17;

/** A name-list (RFC 4251 §5) in a message, and where it ends. */
export interface NameList {
  readonly names: readonly string[];
  readonly end: number;
}

/** @returns null when it is cut short */
export function readNameList(payload: Buffer, at: number): NameList | null {
  if (payload.length < at + 4) return null;
  const end = at + 4 + payload.readUInt32BE(at);
  if (payload.length < end) return null;
  return { names: payload.toString('latin1', at + 4, end).split(','), end };
}

export function nameList(names: readonly string[]): Buffer {
  const bytes = Buffer.from(names.join(','), 'latin1');
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
