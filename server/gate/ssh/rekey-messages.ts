import type { Ssh2Decipher, Ssh2Protocol } from './ssh2-private.js';

/** SSH_MSG_IGNORE, SSH_MSG_UNIMPLEMENTED, SSH_MSG_DEBUG: they may come at any time, also while keys are exchanged (RFC 4253 §7.1). */
const ANY_TIME: readonly (number | undefined)[] = [2, 3, 4];

/**
 * Takes messages that say nothing while keys are exchanged anew, as asyncssh sends them. With strict key exchange ssh2 1.17 ends the
 * connection at them in each exchange; strict key exchange forbids them in the first one only, before there are keys.
 */
export function takeIdleMessagesInRekeys(protocol: Ssh2Protocol): void {
  let current = protocol._decipher;
  Object.defineProperty(protocol, '_decipher', {
    configurable: true,
    get: () => current,
    // The one that is there before any keys is not guarded: the first exchange stays strict.
    set: (decipher: Ssh2Decipher) => {
      current = decipher;
      guard(decipher, protocol);
    },
  });
}

/** ssh2 gives a decipher another listener while keys are exchanged anew, and a new decipher when they are there. */
function guard(decipher: Ssh2Decipher, protocol: Ssh2Protocol): void {
  let onPayload = decipher._onPayload;
  Object.defineProperty(decipher, '_onPayload', {
    configurable: true,
    get: () => onPayload,
    set: (exchanging: Ssh2Decipher['_onPayload']) => {
      onPayload = (payload) =>
        ANY_TIME.includes(payload[0]) ? protocol._onPayload(payload) : exchanging(payload);
    },
  });
}
