import { onKeyExchange } from './key-exchange-events.js';
import type { Ssh2KeyExchange, Ssh2Protocol } from './ssh2-private.js';

/**
 * Stands before the arithmetic of ssh2's key exchanges, which a stranger can make the gate pay for:
 * - it notes whether any was computed, also when the client gives up before NEWKEYS and ssh2 tells nobody;
 * - it refuses Diffie-Hellman values outside 2 … p-2, which ssh2 hands to OpenSSL as they come (RFC 4253 §8).
 */
export class KeyExchangeGuard {
  #paid = false;

  constructor(protocol: Ssh2Protocol) {
    onKeyExchange(protocol, (exchange) => {
      this.#guard(exchange);
    });
  }

  /** Whether a key exchange was computed on this connection. */
  get paid(): boolean {
    return this.#paid;
  }

  #guard(exchange: Ssh2KeyExchange): void {
    const compute = exchange.computeSecret.bind(exchange);
    exchange.computeSecret = (theirs) => {
      this.#paid = true;
      if (exchange.type !== 'group') return compute(theirs);
      exchange.generateKeys();
      const prime = exchange._dh?.getPrime?.();
      // ssh2 ends the handshake when an Error is returned.
      return prime !== undefined && isInside(theirs, prime)
        ? compute(theirs)
        : new Error('value out of range');
    };
  }
}

/** 1 < value < prime - 1: the values at the ends and beyond make a secret that anybody knows. */
function isInside(value: Buffer, prime: Buffer): boolean {
  const [theirs, p] = [toBigInt(value), toBigInt(prime)];
  return theirs > 1n && theirs < p - 1n;
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}
