import { HOST_KEY_ALGORITHMS, type HostKey } from './host-key.js';
import { hostKeySignature } from './host-key-signature.js';
import { readStrings, sshString } from '../keys/ssh-fields.js';
import { globalRequest } from './ssh-message.js';
import { sendPayload, type Ssh2Protocol } from './ssh2-private.js';

const ANNOUNCEMENT = 'hostkeys-00@openssh.com';
const PROOF = 'hostkeys-prove-00@openssh.com';

/** Proofs that one connection may ask for: OpenSSH asks once. Each costs a signature by each key. */
const MOST_PROOFS = 4;

/** Clients that end the connection at an announcement, as OpenSSH's compat.c knows them (SSH_BUG_HOSTKEYS). */
const CANNOT_HEAR = /^SSH-2\.0-(Cisco-1\.|TeraTerm SSH|TTSSH\/(1\.5\.|2\.[1-6]|2\.7[0-2]))/;

/**
 * Tells a client that has logged in which host keys the gate has, and proves it when asked (OpenSSH's PROTOCOL §2.5).
 * So a client with `UpdateHostKeys` learns the next key and drops a retired one. It is told once: OpenSSH ends a
 * connection that tells it twice. The client is told the keys of its login, whatever happens to them meanwhile.
 */
export class HostKeyAnnouncement {
  readonly #protocol: Ssh2Protocol;
  readonly #keys: readonly HostKey[];
  readonly #isLoggedIn: () => boolean;
  #proofs = 0;

  /** Takes the client's requests for proof from now on; they are refused before login. */
  constructor(protocol: Ssh2Protocol, keys: readonly HostKey[], isLoggedIn: () => boolean) {
    this.#protocol = protocol;
    this.#keys = keys;
    this.#isLoggedIn = isLoggedIn;
    const handlers = protocol._handlers;
    const others = handlers.GLOBAL_REQUEST;
    handlers.GLOBAL_REQUEST = (self, name, wantsReply, data) => {
      if (name !== PROOF || !wantsReply) {
        others(self, name, wantsReply, data);
        return;
      }
      // Every request is answered at once, so the answers are in the order of the requests.
      const proof = this.#proofOf(data);
      if (proof === null) protocol.requestFailure();
      else protocol.requestSuccess(proof);
    };
  }

  /** To be called once, right after the client was told that it has logged in. */
  send(): void {
    if (CANNOT_HEAR.test(this.#protocol._remoteIdentRaw?.toString('latin1') ?? '')) return;
    sendPayload(
      this.#protocol,
      globalRequest(
        ANNOUNCEMENT,
        this.#keys.map(({ blob }) => sshString(blob)),
      ),
    );
  }

  /** @returns null when it must be refused: before login, too often, malformed, or for a key that is not ours */
  #proofOf(data: unknown): Buffer | null {
    if (!this.#isLoggedIn() || !Buffer.isBuffer(data) || this.#proofs >= MOST_PROOFS) return null;
    const blobs = readStrings(data, this.#keys.length);
    if (blobs === null || blobs.length === 0) return null;
    const asked = blobs.map((blob) => this.#keys.find((key) => key.blob.equals(blob)));
    if (new Set(asked).size !== asked.length || asked.includes(undefined)) return null;
    this.#proofs += 1;
    return Buffer.concat(asked.flatMap((key) => (key === undefined ? [] : [sshString(this.#proof(key))])));
  }

  #proof(key: HostKey): Buffer {
    const exchange = this.#protocol._kex;
    if (!Buffer.isBuffer(exchange?.sessionID)) throw new Error('ssh2 has no session identifier');
    const algorithms: readonly string[] = HOST_KEY_ALGORITHMS[key.type];
    const used = exchange.negotiated.serverHostKey;
    // OpenSSH takes RSA only with the hash that the key exchange used, if that was RSA.
    const algorithm = algorithms.find((one) => one === used) ?? algorithms[0] ?? key.type;
    const signed = Buffer.concat([sshString(PROOF), sshString(exchange.sessionID), sshString(key.blob)]);
    return hostKeySignature(key, algorithm, signed);
  }
}
