import { sendPayload, type Ssh2Protocol } from './ssh2-private.js';
import { signatureAlgorithmsMessage } from './ssh-message.js';

/**
 * Sends our own SSH_MSG_EXT_INFO in place of ssh2's, right after the first SSH_MSG_NEWKEYS (RFC 8308 §2.4).
 */
export function announceSignatureAlgorithms(protocol: Ssh2Protocol): void {
  const handshaken = protocol._onHandshakeComplete;
  protocol._onHandshakeComplete = (...negotiated) => {
    protocol._onHandshakeComplete = handshaken;
    if (protocol._kex?.remoteExtInfoEnabled === true) {
      sendPayload(protocol, signatureAlgorithmsMessage());
      protocol._kex.remoteExtInfoEnabled = false;
    }
    handshaken(...negotiated);
  };
}
