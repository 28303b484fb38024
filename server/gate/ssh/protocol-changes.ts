import { announceSignatureAlgorithms } from './extension-info.js';
import { acceptRightGuesses } from './first-packet-guess.js';
import { leaveOutSha1 } from './host-key-offer.js';
import { offerHybrid } from './hybrid-key-exchange.js';
import { watchKeyExchanges } from './key-exchange-events.js';
import { takeMessagesInRekeys } from './rekey-messages.js';
import type { Ssh2Protocol } from './ssh2-private.js';
import { leaveOutTerminalModes } from './terminal-modes.js';

/** The changes of all connections that begin from now on. Twice is harmless. */
export function changeAllProtocols(): void {
  watchKeyExchanges();
  acceptRightGuesses();
}

/** Changes what ssh2 says and takes on a connection that has only just begun; each file above says why. */
export function changeProtocol(protocol: Ssh2Protocol): void {
  leaveOutSha1(protocol);
  offerHybrid(protocol);
  announceSignatureAlgorithms(protocol);
  leaveOutTerminalModes(protocol);
  takeMessagesInRekeys(protocol);
}
