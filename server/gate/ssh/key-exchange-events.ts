import { createRequire } from 'node:module';
import { EndedExchange, type Ssh2KeyExchange, type Ssh2Protocol } from './ssh2-private.js';

type Listener = (exchange: Ssh2KeyExchange) => void;

const CURRENT = Symbol('the key exchange');
const LISTENERS = Symbol('who hears of key exchanges');

interface Heard {
  [CURRENT]?: Ssh2Protocol['_kex'];
  [LISTENERS]?: readonly Listener[];
}

/**
 * Stands for the property `_kex` of ssh2's protocol, and tells when an exchange is put there. It belongs on the prototype:
 * an accessor on each protocol would make it a dictionary, which takes 2 KiB more for each connection.
 */
const ACCESSOR: PropertyDescriptor & ThisType<Heard> = {
  configurable: true,
  get() {
    return this[CURRENT];
  },
  set(exchange: Ssh2Protocol['_kex']) {
    this[CURRENT] = exchange;
    if (exchange === undefined || exchange instanceof EndedExchange) return;
    for (const listener of this[LISTENERS] ?? []) listener(exchange);
  },
};

/** Makes `onKeyExchange` work for all protocols that ssh2 makes from now on. Twice is harmless. */
export function watchKeyExchanges(): void {
  const Protocol = createRequire(import.meta.url)('ssh2/lib/protocol/Protocol.js') as { prototype: object };
  watchKeyExchangesOf(Protocol.prototype);
}

/** The same for one protocol or prototype that has no `_kex` yet. */
export function watchKeyExchangesOf(protocol: object): void {
  Object.defineProperty(protocol, '_kex', ACCESSOR);
}

/** Calls the listener with each key exchange when it begins, after those that have listened before. */
export function onKeyExchange(protocol: Ssh2Protocol, listener: Listener): void {
  const heard = protocol as Heard;
  // Made anew, so that it has no room for more.
  heard[LISTENERS] = (heard[LISTENERS] ?? []).concat([listener]);
}
