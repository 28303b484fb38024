import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import type { KexAlgorithm } from 'ssh2';
import { ALGORITHMS } from './algorithms.js';
import { answerHybrid } from './hybrid-answer.js';
import { x25519Pair } from './raw-keys.js';
import { KEXINIT_LISTS, MSG_KEXINIT, nameList, readNameList } from './ssh-message.js';
import { onKeyExchange, watchKeyExchangesOf } from './key-exchange-events.js';
import { remadeOffer, type Ssh2KeyExchange, type Ssh2Offer, type Ssh2Protocol } from './ssh2-private.js';

/** The first that `ALGORITHMS` lists, and the only one that ssh2 does not have. */
const [HYBRID, ...OTHERS] = ALGORITHMS.kex;
/** The exchange of ssh2's that ours is made from: the hash is the same, and so are the messages and their numbers. */
const STAND_IN = 'curve25519-sha256' satisfies KexAlgorithm;

/** What is touched here has no public form: another version may well differ where `whyNotBySsh2` does not look. */
const WRITTEN_FOR = '1.17.0';

/** The key exchanges that ssh2 makes by itself, for its server's settings. */
export const EXCHANGES_OF_SSH2: KexAlgorithm[] = OTHERS;

/**
 * Adds `mlkem768x25519-sha256` (draft-ietf-sshm-mlkem-hybrid-kex) to one connection, because ssh2 1.17.0 lacks it. To be called when the
 * client's identification line has come, before the gate has sent its offer; also before whatever else listens to key exchanges.
 *
 * ssh2 throws at a name that it does not know. So it is shown a client's offer with Curve25519 in the place of ours. The exchange that it makes
 * then gets the client's true offer back, which goes into the hash, and our arithmetic.
 *
 * The day ssh2 has it (its pull request 1471), delete this file, hybrid-answer.ts and the three calls: `ALGORITHMS` can go to ssh2 as it is.
 * The tests of the exchange stay.
 */
export function offerHybrid(protocol: Ssh2Protocol): void {
  const offer = withHybrid(protocol._offer);
  protocol._offer = offer;
  /** The client's offer, while ssh2 looks at the one that we show instead. */
  let chosenIn: Buffer | null = null;
  onKeyExchange(protocol, (exchange) => {
    if (chosenIn !== null) makeHybrid(exchange, chosenIn);
  });
  const showing =
    (take: (payload: Buffer) => unknown) =>
    (payload: Buffer): unknown => {
      const shown = payload[0] === MSG_KEXINIT ? withStandIn(payload, offer) : null;
      if (shown === null) return take(payload);
      chosenIn = payload;
      try {
        return take(shown);
      } finally {
        chosenIn = null;
      }
    };
  protocol._decipher._onPayload = showing(protocol._decipher._onPayload);
  protocol._onPayload = showing(protocol._onPayload);
}

/**
 * Tries it out at start-up, with the real parts of ssh2 and Node.js but without a socket.
 *
 * @returns why it cannot be offered, in one sentence for the admin; null: it can
 */
export function whyNoHybrid(): string | null {
  const why = whyNotByNode() ?? whyNotBySsh2();
  return why === null ? null : `The key exchange ${HYBRID} cannot be offered: ${why}`;
}

const offers = new WeakMap<Ssh2Offer, Ssh2Offer>();

/** The same lists with ours first, made by ssh2's own class. */
function withHybrid(offer: Ssh2Offer): Ssh2Offer {
  const known = offers.get(offer);
  if (known !== undefined) return known;
  const ours = remadeOffer(offer, { kex: [HYBRID, ...offer.lists.kex.array] });
  offers.set(offer, ours);
  return ours;
}

/** @returns the client's offer with the stand-in where it chooses ours (RFC 4253 §7.1); null when it does not */
function withStandIn(init: Buffer, offer: Ssh2Offer): Buffer | null {
  const kex = readNameList(init, KEXINIT_LISTS);
  if (kex === null) return null;
  const chosen = kex.names.findIndex((name) => offer.lists.kex.array.includes(name));
  if (kex.names[chosen] !== HYBRID) return null;
  const names = kex.names.with(chosen, STAND_IN);
  return Buffer.concat([init.subarray(0, KEXINIT_LISTS), nameList(names), init.subarray(kex.end)]);
}

/** @throws Error when this is not ssh2's exchange with Curve25519 */
function makeHybrid(exchange: Ssh2KeyExchange, init: Buffer): void {
  if (!isStandIn(exchange)) throw new Error('ssh2 has made another key exchange than was expected');
  let reply: Buffer | null = null;
  exchange.type = 'mlkem768x25519';
  exchange.negotiated.kex = HYBRID;
  exchange._remoteKexinit = init;
  exchange.generateKeys = () => undefined;
  exchange.convertPublicKey = (theirs) => theirs;
  exchange.computeSecret = (theirs) => {
    try {
      const answer = answerHybrid(theirs);
      ({ reply } = answer);
      return answer.secret;
    } catch (error) {
      return error as Error;
    }
  };
  exchange.getPublicKey = () => {
    if (reply === null) throw new Error('the secret comes first');
    const once = reply;
    // The exchange stays as long as the connection.
    reply = null;
    return once;
  };
}

function isStandIn(exchange: Ssh2KeyExchange): boolean {
  const { type, hashName, negotiated, _remoteKexinit } = exchange;
  return (
    type === '25519' &&
    hashName === 'sha256' &&
    negotiated.kex === STAND_IN &&
    Buffer.isBuffer(_remoteKexinit) &&
    typeof exchange.generateKeys === 'function' &&
    typeof exchange.convertPublicKey === 'function' &&
    typeof exchange.computeSecret === 'function' &&
    typeof exchange.getPublicKey === 'function'
  );
}

function whyNotByNode(): string | null {
  try {
    answerHybrid(clientKeys());
    return null;
  } catch (error) {
    const { node, openssl } = process.versions;
    return `Node.js ${node} with OpenSSL ${openssl} does not do its arithmetic (${(error as Error).message}).`;
  }
}

function whyNotBySsh2(): string | null {
  const require = createRequire(import.meta.url);
  const { version } = require('ssh2/package.json') as { version: string };
  const again = 'Run "npm ci" in Postern\'s directory.';
  if (version !== WRITTEN_FOR)
    return `ssh2 is version ${version}, and the gate is written for ${WRITTEN_FOR}. ${again}`;
  try {
    if (isAnsweredBy(require('ssh2/lib/protocol/kex.js') as Ssh2KexModule)) return null;
  } catch {
    // What is missing, or is something else, shows in many ways.
  }
  return `ssh2 ${version} is not as it was published. ${again}`;
}

interface Ssh2KexModule {
  readonly KexInit: new (lists: object) => Ssh2Offer & {
    readonly totalSize: number;
    copyAllTo(payload: Buffer, at: number): void;
  };
  readonly HANDLERS: Readonly<Record<number, (protocol: object, payload: Buffer) => void>>;
}

/** Whether a client that offers ours alone gets it. */
function isAnsweredBy({ KexInit, HANDLERS }: Ssh2KexModule): boolean {
  const way = { cipher: ['aes128-ctr'], mac: ['hmac-sha2-256'], compress: ['none'], lang: [] };
  const lists = { serverHostKey: ['ssh-ed25519'], cs: way, sc: way };
  const take = (payload: Buffer): unknown => HANDLERS[MSG_KEXINIT]?.(protocol, payload);
  const protocol = {
    _server: true,
    _compatFlags: 0,
    _strictMode: false,
    _offer: new KexInit({ kex: [STAND_IN], ...lists }) as Ssh2Offer,
    _kex: undefined as Ssh2KeyExchange | undefined,
    _onPayload: take,
    _decipher: { _onPayload: take },
  };
  watchKeyExchangesOf(protocol);
  offerHybrid(protocol as unknown as Ssh2Protocol);
  const theirs = new KexInit({ kex: [HYBRID], ...lists });
  const init = Buffer.alloc(KEXINIT_LISTS + theirs.totalSize + 5);
  init[0] = MSG_KEXINIT;
  theirs.copyAllTo(init, KEXINIT_LISTS);
  protocol._decipher._onPayload(init);
  const exchange = protocol._kex;
  return (
    protocol._offer.lists.kex.array[0] === HYBRID &&
    exchange?._remoteKexinit === init &&
    exchange.computeSecret(clientKeys()) instanceof Buffer &&
    exchange.getPublicKey() instanceof Buffer
  );
}

function clientKeys(): Buffer {
  const { publicKey } = generateKeyPairSync('ml-kem-768', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  return Buffer.concat([publicKey.subarray(-1184), x25519Pair().publicKey]);
}
