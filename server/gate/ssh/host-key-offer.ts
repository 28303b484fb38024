import type { Ssh2Offer, Ssh2Protocol } from './ssh2-private.js';
import { remadeOffer } from './ssh2-private.js';

/** RSA with SHA-1 (RFC 8332 §1). */
const SHA1 = 'ssh-rsa';

const offers = new WeakMap<Ssh2Offer, Ssh2Offer>();

/**
 * Leaves `ssh-rsa`, the signature with SHA-1, out of the host key algorithms of one connection: ssh2 1.17 always offers
 * it with an RSA key. To be called before the gate has sent its offer.
 */
export function leaveOutSha1(protocol: Ssh2Protocol): void {
  const { _offer: offer } = protocol;
  const names = offer.lists.serverHostKey.array;
  if (!names.includes(SHA1)) return;
  const known = offers.get(offer);
  const made = known ?? remadeOffer(offer, { serverHostKey: names.filter((name) => name !== SHA1) });
  offers.set(offer, made);
  protocol._offer = made;
}
