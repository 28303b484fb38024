import { KEXINIT_LISTS, readNameList } from './ssh-message.js';
import type { Ssh2Protocol } from './ssh2-private.js';

/**
 * Lets a client begin its key exchange before it has seen what the gate offers (`first_kex_packet_follows`,
 * RFC 4253 §7), as Dropbear does. ssh2 1.17 takes every guess for a wrong one and drops the packet, so that
 * both sides wait for ever. It compares the negotiated method with the first *character* of its name, because
 * it has overwritten the client's list by then.
 *
 * A guess is right when both sides prefer the same key exchange method and the same host key algorithm.
 */
export function acceptRightGuesses(protocol: Ssh2Protocol): void {
  let follows = false;
  Object.defineProperty(protocol, '_skipNextInboundPacket', {
    configurable: true,
    // ssh2 reads it at each packet of a key exchange. By the next one, the client's lists are where
    // `isRightGuess` finds them.
    get: () => {
      if (!follows) return false;
      if (!isRightGuess(protocol)) return true;
      follows = false;
      return false;
    },
    set: (value: boolean) => {
      follows = value;
    },
  });
}

function isRightGuess({ _kex, _offer: { lists } }: Ssh2Protocol): boolean {
  const init = _kex?._remoteKexinit;
  if (!Buffer.isBuffer(init)) return false;
  const kex = readNameList(init, KEXINIT_LISTS);
  const hostKey = kex === null ? null : readNameList(init, kex.end);
  if (kex === null || hostKey === null) return false;
  return kex.names[0] === lists.kex.array[0] && hostKey.names[0] === lists.serverHostKey.array[0];
}
