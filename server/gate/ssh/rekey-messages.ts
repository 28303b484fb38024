import type { Ssh2Decipher, Ssh2Protocol } from './ssh2-private.js';

/** Messages that may come at any time, also while keys are exchanged (RFC 4253 §7.1): IGNORE, UNIMPLEMENTED, DEBUG. */
const LAST_OF_ANY_TIME = 4;
/** The connection protocol's own: channels, and what goes through them (RFC 4254 §9). */
const FIRST_OF_CONNECTION = 80;

/**
 * Takes what a client that is logged in says while keys are exchanged anew, as it is taken at any other time. ssh2 1.17 ends the connection at
 * it:
 * - with strict key exchange at an SSH_MSG_IGNORE, which asyncssh sends before each message. That is forbidden in the first exchange only;
 * - at data of a channel. They should wait at the client, but the asyncssh of Debian 12 (2.10.1-2+deb12u2) sends them, and sshd takes them.
 *
 * The gate is in the same state when it has asked for new keys and the client has not heard yet: what it answers waits for the new keys.
 */
export function takeMessagesInRekeys(protocol: Ssh2Protocol): void {
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
        belongsElsewhere(payload) ? protocol._onPayload(payload) : exchanging(payload);
    },
  });
}

function belongsElsewhere([type = 0]: Buffer): boolean {
  return (type > 1 && type <= LAST_OF_ANY_TIME) || type >= FIRST_OF_CONNECTION;
}
