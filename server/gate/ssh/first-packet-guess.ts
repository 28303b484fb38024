import { createRequire } from 'node:module';
import { KEXINIT_LISTS, readNameList } from './ssh-message.js';
import type { Ssh2Protocol } from './ssh2-private.js';

const FOLLOWS = Symbol('a packet follows that the client has guessed');

interface Guessing extends Pick<Ssh2Protocol, '_kex' | '_offer'> {
  readonly _server: boolean;
  [FOLLOWS]?: boolean;
}

/**
 * Lets a client begin its key exchange before it has seen what the gate offers (`first_kex_packet_follows`,
 * RFC 4253 §7), as Dropbear does. ssh2 1.17 takes every guess for a wrong one and drops the packet, so that
 * both sides wait for ever. It compares the negotiated method with the first *character* of its name, because
 * it has overwritten the client's list by then.
 *
 * A guess is right when both sides prefer the same key exchange method and the same host key algorithm.
 *
 * It holds for all protocols that ssh2 makes from now on. Twice is harmless.
 */
export function acceptRightGuesses(): void {
  const Protocol = createRequire(import.meta.url)('ssh2/lib/protocol/Protocol.js') as { prototype: object };
  Object.defineProperty(Protocol.prototype, '_skipNextInboundPacket', SKIP);
}

/** On the prototype, as `watchKeyExchanges` says. */
const SKIP: PropertyDescriptor & ThisType<Guessing> = {
  configurable: true,
  // ssh2 reads it at each packet of a key exchange. By the next one, the client's lists are where
  // `isRightGuess` finds them.
  get() {
    if (this[FOLLOWS] === true && this._server && isRightGuess(this)) this[FOLLOWS] = false;
    return this[FOLLOWS];
  },
  set(value: boolean) {
    this[FOLLOWS] = value;
  },
};

function isRightGuess({ _kex, _offer: { lists } }: Guessing): boolean {
  const init = _kex?._remoteKexinit;
  if (!Buffer.isBuffer(init)) return false;
  const kex = readNameList(init, KEXINIT_LISTS);
  const hostKey = kex === null ? null : readNameList(init, kex.end);
  if (kex === null || hostKey === null) return false;
  return kex.names[0] === lists.kex.array[0] && hostKey.names[0] === lists.serverHostKey.array[0];
}
