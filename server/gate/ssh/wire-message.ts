import { SIGNATURE_ALGORITHMS } from './algorithms.js';

const MSG_DISCONNECT = 1;
const MSG_EXT_INFO = 7;

/** SSH_DISCONNECT reasons that the gate gives (RFC 4253 §11.1). */
export const DISCONNECT = { protocolError: 2, byApplication: 11, noMoreAuthMethods: 14 } as const;

/** SSH_MSG_DISCONNECT with a sentence, which ssh2 leaves empty. */
export function disconnectMessage(reason: number, sentence: string): Buffer {
  return Buffer.concat([Buffer.from([MSG_DISCONNECT]), uint32(reason), string(sentence), string('en')]);
}

/**
 * SSH_MSG_EXT_INFO with server-sig-algs (RFC 8308 §3.1). ssh2 1.17 lists `ssh-rsa` and `ssh-dss`, which the gate
 * refuses, and lacks a comma, so that clients do not find rsa-sha2-512.
 */
export function signatureAlgorithmsMessage(): Buffer {
  const names = Object.keys(SIGNATURE_ALGORITHMS).join(',');
  return Buffer.concat([Buffer.from([MSG_EXT_INFO]), uint32(1), string('server-sig-algs'), string(names)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}
