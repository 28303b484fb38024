import type { Ssh2Protocol } from './ssh2-private.js';

/** Where the lists of an SSH_MSG_KEXINIT begin: after its number and the cookie. */
const LISTS_START = 17;

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
  const kex = nameList(init, LISTS_START);
  const hostKey = kex === null ? null : nameList(init, kex.end);
  if (kex === null || hostKey === null) return false;
  return kex.first === lists.kex.array[0] && hostKey.first === lists.serverHostKey.array[0];
}

/** The first name of a name-list (RFC 4251 §5), and where the list ends; null when it is cut short. */
function nameList(init: Buffer, at: number): { readonly first: string; readonly end: number } | null {
  if (init.length < at + 4) return null;
  const end = at + 4 + init.readUInt32BE(at);
  if (init.length < end) return null;
  const [first = ''] = init.toString('latin1', at + 4, end).split(',', 1);
  return { first, end };
}
