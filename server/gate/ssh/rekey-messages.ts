import { onKeyExchange } from './key-exchange-events.js';
import type { Ssh2Protocol } from './ssh2-private.js';

/**
 * Messages that may come at any time, also while keys are exchanged (RFC 4253 §7.1): IGNORE, UNIMPLEMENTED,
 * DEBUG.
 */
const LAST_OF_ANY_TIME = 4;
/** The messages of the connection protocol: channels, and what goes through them (RFC 4254 §9). */
const FIRST_OF_CONNECTION = 80;

/**
 * Takes a logged-in client's messages while keys are exchanged anew, as at any other time. ssh2 1.17 ends the
 * connection at:
 * - an SSH_MSG_IGNORE with strict key exchange. asyncssh sends one before each message, and it is forbidden
 *   in the first exchange only;
 * - data of a channel. It should wait at the client, but the asyncssh of Debian 12 (2.10.1-2+deb12u2) sends
 *   it, and sshd takes it.
 *
 * The gate is in the same state when it has asked for new keys and the client has not heard yet: its answers
 * wait for the new keys.
 */
export function takeMessagesInRekeys(protocol: Ssh2Protocol): void {
  onKeyExchange(protocol, () => {
    // All before the login stays strict, the first exchange above all.
    if (!protocol._authenticated) return;
    // ssh2 has just given the decipher another listener, until there is a new one with the new keys.
    const decipher = protocol._decipher;
    const exchanging = decipher._onPayload;
    decipher._onPayload = (payload) =>
      belongsElsewhere(payload) ? protocol._onPayload(payload) : exchanging(payload);
  });
}

function belongsElsewhere([type = 0]: Buffer): boolean {
  return (type > 1 && type <= LAST_OF_ANY_TIME) || type >= FIRST_OF_CONNECTION;
}
