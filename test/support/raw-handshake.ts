import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.js';
import { encode, message } from './raw-ssh.js';

/** Message numbers of a key exchange (RFC 4253 §12, RFC 5656 §7.1). */
export const MSG = { disconnect: 1, kexinit: 20, newkeys: 21, kexInit: 30, kexReply: 31 } as const;

export interface Proposal {
  readonly kex?: string;
  readonly hostKey?: string;
  readonly firstFollows?: boolean;
}

/** A client that makes its key exchange by hand, up to NEWKEYS. Before NEWKEYS nothing is encrypted. */
export class RawHandshake {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data]);
    });
    socket.once('close', () => {
      this.closed = true;
    });
  }

  static async connect(port: number, from = '127.0.0.1'): Promise<RawHandshake> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    const handshake = new RawHandshake(socket);
    await once(socket, 'connect');
    socket.write('SSH-2.0-ByHand\r\n');
    return handshake;
  }

  /** Sends SSH_MSG_KEXINIT. */
  propose(proposal: Proposal = {}): void {
    this.send(kexInit(proposal));
  }

  /** Sends SSH_MSG_KEX_ECDH_INIT with an honest key, or SSH_MSG_KEXDH_INIT with any number. */
  exchange(publicValue: Buffer = x25519()): void {
    this.send(message(MSG.kexInit, publicValue));
  }

  /** Sends one unencrypted packet. */
  send(payload: Buffer): void {
    this.socket.write(plainPacket(payload));
  }

  /** The payloads of the complete packets received so far. */
  get payloads(): Buffer[] {
    const payloads: Buffer[] = [];
    let rest = this.#received.subarray(this.#received.indexOf('\n') + 1);
    while (rest.length >= 5 && rest.length >= 4 + rest.readUInt32BE()) {
      const length = rest.readUInt32BE();
      payloads.push(rest.subarray(5, 4 + length - (rest[4] ?? 0)));
      rest = rest.subarray(4 + length);
      // Later packets are encrypted.
      if (payloads.at(-1)?.[0] === MSG.newkeys) break;
    }
    return payloads;
  }

  /** The message numbers received so far. */
  get numbers(): number[] {
    return this.payloads.map((payload) => payload[0] ?? 0);
  }

  async receives(number: number): Promise<void> {
    await eventually(`message ${number}`, () => this.numbers.includes(number) || this.closed);
    if (!this.numbers.includes(number)) throw new Error(`closed after ${this.numbers.join(' ')}`);
  }

  /** The sentence of SSH_MSG_DISCONNECT, once the connection is closed; null when there was none. */
  async farewell(): Promise<string | null> {
    await eventually('the connection to be closed', () => this.closed);
    const last = this.payloads.find((payload) => payload[0] === MSG.disconnect);
    return last === undefined ? null : last.toString('utf8', 9, 9 + last.readUInt32BE(5));
  }

  end(): void {
    this.socket.destroy();
  }
}

/** One unencrypted packet (RFC 4253 §6). */
export function plainPacket(payload: Buffer): Buffer {
  const padding = 8 + ((16 - ((payload.length + 5 + 8) % 8)) % 8);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length + padding);
  head[4] = padding;
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}

/** SSH_MSG_KEXINIT. By default it proposes what the gate prefers. */
export function kexInit({
  kex = 'curve25519-sha256',
  hostKey = 'ssh-ed25519',
  firstFollows = false,
}: Proposal = {}): Buffer {
  const [cipher, mac] = ['aes128-ctr', 'hmac-sha2-256'];
  const lists = [kex, hostKey, cipher, cipher, mac, mac, 'none', 'none', '', ''];
  const fields = Buffer.concat([Buffer.alloc(16), ...lists.map(encode), encode(firstFollows), encode(0)]);
  return Buffer.concat([Buffer.from([MSG.kexinit]), fields]);
}

function x25519(): Buffer {
  return generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
}
