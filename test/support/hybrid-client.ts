import { createCipheriv, createDecipheriv } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ParsedKey } from 'ssh2';
import {
  derivedKey,
  exchangeHash,
  HYBRID,
  hybridKeys,
  hybridSecret,
  isSigned,
  type ExchangeTranscript,
  type HybridKeys,
} from './hybrid-exchange.js';
import { encode, message } from './raw-ssh.js';

const IDENT = 'SSH-2.0-Reference';
const MSG = { disconnect: 1, kexinit: 20, newkeys: 21, init: 30, reply: 31 } as const;
/** May come between others: IGNORE, DEBUG, EXT_INFO, GLOBAL_REQUEST, WINDOW_ADJUST. */
const ASIDE = new Set([2, 4, 7, 80, 93]);

export interface Exchanged {
  readonly transcript: ExchangeTranscript;
  readonly secret: Buffer;
  readonly hash: Buffer;
  readonly signature: Buffer;
  /** Whether the gate's host key signed the hash. */
  readonly isSigned: boolean;
}

/** How one exchange departs from an honest one. */
export interface Departure {
  readonly keys?: HybridKeys;
  /** What is sent for C_INIT; the hash is made of the honest one. */
  readonly sent?: (init: Buffer) => Buffer;
  /** What is taken for what the gate sent. */
  readonly heard?: (reply: ServerReply) => ServerReply;
  readonly kex?: string;
}

interface ServerReply {
  readonly hostKey: Buffer;
  readonly reply: Buffer;
  readonly signature: Buffer;
}

/** AES-128-GCM as RFC 5647 and OpenSSH have it. */
class Gcm {
  readonly #key: Buffer;
  readonly #iv: Buffer;

  constructor(key: Buffer, iv: Buffer) {
    this.#key = key;
    this.#iv = Buffer.from(iv);
  }

  seal(packet: Buffer): Buffer {
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#next());
    cipher.setAAD(packet.subarray(0, 4));
    const body = Buffer.concat([cipher.update(packet.subarray(4)), cipher.final()]);
    return Buffer.concat([packet.subarray(0, 4), body, cipher.getAuthTag()]);
  }

  open(length: Buffer, body: Buffer, tag: Buffer): Buffer {
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#next());
    decipher.setAAD(length);
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(body), decipher.final()]);
  }

  #next(): Buffer {
    const iv = Buffer.from(this.#iv);
    this.#iv.writeBigUInt64BE(BigInt.asUintN(64, iv.readBigUInt64BE(4) + 1n), 4);
    return iv;
  }
}

/** A client that has nothing of ssh2 and makes all its exchanges with `mlkem768x25519-sha256`, written from the draft. */
export class HybridClient {
  readonly socket: Socket;
  exchanges: Exchanged[] = [];
  #received = Buffer.alloc(0);
  #ended = false;
  #serverIdent = '';
  #serverInit: Buffer | null = null;
  #session: Buffer | null = null;
  #sending: Gcm | null = null;
  #receiving: Gcm | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data]);
    });
    socket.once('close', () => {
      this.#ended = true;
    });
  }

  static async connect(port: number): Promise<HybridClient> {
    const client = new HybridClient(connect({ port, host: '127.0.0.1', noDelay: true }));
    await once(client.socket, 'connect');
    client.socket.write(`${IDENT}\r\n`);
    await client.#until(() => client.#received.includes('\r\n'));
    const end = client.#received.indexOf('\r\n');
    client.#serverIdent = client.#received.toString('latin1', 0, end);
    client.#received = client.#received.subarray(end + 2);
    return client;
  }

  /** One exchange, by our own wish or because the gate has asked. */
  async exchange({ keys = hybridKeys(), kex = HYBRID, ...departure }: Departure = {}): Promise<Exchanged> {
    const [cipher, mac] = ['aes128-gcm@openssh.com', 'hmac-sha2-256'];
    const lists = [kex, 'ssh-ed25519', cipher, cipher, mac, mac, 'none', 'none', '', ''];
    const clientKexinit = Buffer.concat([
      Buffer.from([MSG.kexinit]),
      Buffer.alloc(16, 7),
      ...[...lists, false, 0].map(encode),
    ]);
    this.send(clientKexinit);
    const serverKexinit = this.#serverInit ?? (await this.next(MSG.kexinit));
    this.#serverInit = null;
    this.send(message(MSG.init, departure.sent?.(keys.init) ?? keys.init));
    const [hostKey, reply, signature] = strings(await this.next(MSG.reply)) as [Buffer, Buffer, Buffer];
    const honest = { hostKey, reply, signature };
    const heard = departure.heard?.(honest) ?? honest;
    const transcript = {
      clientIdent: IDENT,
      serverIdent: this.#serverIdent,
      clientKexinit,
      serverKexinit,
      hostKey: heard.hostKey,
      init: keys.init,
      reply: heard.reply,
    };
    const secret = hybridSecret(keys, heard.reply);
    const hash = exchangeHash(transcript, secret);
    const exchanged = {
      transcript,
      secret,
      hash,
      signature: heard.signature,
      isSigned: isSigned(hash, heard.hostKey, heard.signature),
    };
    this.exchanges.push(exchanged);
    this.#session ??= hash;
    await this.next(MSG.newkeys);
    this.send(Buffer.from([MSG.newkeys]));
    const session = this.#session;
    const made = (letter: string, length: number): Buffer =>
      derivedKey(secret, hash, session, letter, length);
    this.#sending = new Gcm(made('C', 16), made('A', 12));
    this.#receiving = new Gcm(made('D', 16), made('B', 12));
    return exchanged;
  }

  async login(login: string, key: ParsedKey): Promise<void> {
    this.send(message(5, 'ssh-userauth'));
    await this.next(6);
    const request = message(50, login, 'ssh-connection', 'publickey', true, key.type, key.getPublicSSH());
    const signed = key.sign(Buffer.concat([encode(this.#session ?? Buffer.alloc(0)), request]));
    const signature = Buffer.concat([key.type, signed].map(encode));
    this.send(Buffer.concat([request, encode(signature)]));
    await this.next(52);
  }

  /** Opens a channel with a command on it. @returns the gate's number for it */
  async exec(command: string): Promise<number> {
    this.send(message(90, 'session', 0, 2 ** 20, 32_768));
    const channel = (await this.next(91)).readUInt32BE(5);
    this.send(message(98, channel, 'exec', true, command));
    await this.next(99);
    return channel;
  }

  data(channel: number, text: string): void {
    this.send(message(94, channel, text));
  }

  /** Takes data until there is that much; the gate's wish for new keys is fulfilled meanwhile. */
  async hears(length: number): Promise<string> {
    let text = '';
    while (text.length < length) text += strings((await this.next(94)).subarray(4))[0]?.toString() ?? '';
    return text;
  }

  /** The next message, which has to be this one. @throws Error when it is another, or the connection ends */
  async next(number: number): Promise<Buffer> {
    for (;;) {
      const payload = await this.#packet();
      const [type = 0] = payload;
      if (type === number) return payload;
      if (type === MSG.kexinit) {
        this.#serverInit = payload;
        await this.exchange();
      } else if (!ASIDE.has(type)) {
        const why = type === MSG.disconnect ? `: ${String(strings(payload.subarray(4))[0])}` : '';
        throw new Error(`message ${type} came instead of ${number}${why}`);
      }
    }
  }

  async isClosed(): Promise<void> {
    await this.#until(() => false).catch(() => undefined);
  }

  send(payload: Buffer): void {
    const block = this.#sending === null ? 8 : 16;
    const counted = this.#sending === null ? 5 : 1;
    const padding = 4 + ((2 * block - ((counted + payload.length + 4) % block)) % block);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(1 + payload.length + padding);
    head[4] = padding;
    const packet = Buffer.concat([head, payload, Buffer.alloc(padding)]);
    this.socket.write(this.#sending?.seal(packet) ?? packet);
  }

  end(): void {
    this.socket.destroy();
  }

  async #packet(): Promise<Buffer> {
    const tag = this.#receiving === null ? 0 : 16;
    const size = (): number =>
      this.#received.length < 4 ? Infinity : 4 + this.#received.readUInt32BE() + tag;
    await this.#until(() => this.#received.length >= size());
    const packet = this.#received.subarray(0, size());
    this.#received = this.#received.subarray(packet.length);
    const [length, body] = [packet.subarray(0, 4), packet.subarray(4, packet.length - tag)];
    const plain = this.#receiving?.open(length, body, packet.subarray(-tag)) ?? body;
    return plain.subarray(1, plain.length - (plain[0] ?? 0));
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#ended) throw new Error('the connection is closed');
      await new Promise<void>((resolve) => {
        const go = (): void => {
          this.socket.off('data', go).off('close', go);
          resolve();
        };
        this.socket.on('data', go).on('close', go);
      });
    }
  }
}

/** The strings of a message, after its number. */
function strings(payload: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 1; at + 4 <= payload.length;) {
    const end = at + 4 + payload.readUInt32BE(at);
    found.push(payload.subarray(at + 4, end));
    at = end;
  }
  return found;
}
