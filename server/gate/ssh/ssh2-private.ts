import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Connection as Ssh2Connection, ServerChannel, Session as Ssh2Session } from 'ssh2';

/**
 * The private parts of ssh2 1.17.0 that the guards touch, because the package has no public way. The version
 * is pinned exactly, `privateParts` refuses a package that does not look as expected, and each guard has a
 * test that fails without it.
 */
export interface Ssh2Protocol {
  readonly _handlers: Ssh2Handlers;
  /** Set while keys are exchanged: ssh2 then queues what is sent, without a bound. */
  readonly _kexinit: Buffer | undefined;
  /** Messages that wait for the end of the key exchange. */
  readonly _queue: readonly Buffer[] | undefined;
  _kex: Ssh2KeyExchange | undefined;
  /** Takes each decrypted payload, once there are keys. What is put here counts from the next key exchange on. */
  _onPayload: (payload: Buffer) => unknown;
  /** ssh2 makes a new one after each key exchange. */
  _decipher: Ssh2Decipher;
  /** What is offered; sent right after the `connection` event. All connections of a server share it. */
  _offer: Ssh2Offer;
  /** Whether the client has logged in. */
  readonly _authenticated: boolean;
  /** Set when the client's next packet belongs to a key exchange that it guessed wrong. */
  _skipNextInboundPacket: boolean;
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      readonly allocStartKEX: number;
      alloc(size: number, force?: boolean): Buffer;
      finalize(packet: Buffer, force?: boolean): Buffer;
    };
  };
  _onHandshakeComplete: (...negotiated: unknown[]) => void;
  channelOpenConfirm: (remote: number, local: number, window: number, packetSize: number) => void;
  channelOpenFail(remote: number, reason: number, description: string): void;
  channelData(remote: number, data: Buffer): void;
  channelExtData(remote: number, data: Buffer, type: number): void;
  channelWindowAdjust(remote: number, bytes: number): void;
  channelSuccess(remote: number): void;
  channelFailure(remote: number): void;
  channelEOF(remote: number): void;
  channelClose(remote: number): void;
  exitStatus(remote: number, status: number): void;
  /** Asks the client for an answer: OpenSSH's keepalive@openssh.com. */
  ping(): void;
  /** Answers to the client's global requests, in their order; they wait for the end of a key exchange. */
  requestSuccess(data: Buffer): void;
  requestFailure(): void;
  /** The identification lines: ours and the client's. */
  _identRaw: Buffer | undefined;
  _remoteIdentRaw: Buffer | undefined;
}

/** The lists of an SSH_MSG_KEXINIT, each as names in order. */
export interface Ssh2Offer {
  readonly lists: Readonly<Record<'kex' | 'serverHostKey', Ssh2NameList>> &
    Readonly<Record<'cs' | 'sc', Readonly<Record<'cipher' | 'mac' | 'compress' | 'lang', Ssh2NameList>>>>;
}

interface Ssh2NameList {
  readonly array: readonly string[];
}

/** Decrypts what the client sends. */
export interface Ssh2Decipher {
  /** Takes each payload: the protocol's own listener, or a key exchange's. */
  _onPayload: (payload: Buffer) => unknown;
}

/** One key exchange, with its method. */
export interface Ssh2KeyExchange {
  remoteExtInfoEnabled: boolean;
  /** `group` for Diffie-Hellman modulo a prime, `25519` for Curve25519. In messages of errors, too. */
  type: string;
  readonly hashName?: string;
  readonly negotiated: { kex: string; readonly serverHostKey: string };
  /** The exchange hash of the first exchange (RFC 4253 §7.2); there from its end on. */
  readonly sessionID?: Buffer | undefined;
  /** The client's SSH_MSG_KEXINIT, which goes into the exchange hash. */
  _remoteKexinit?: Buffer | undefined;
  readonly _dh: { getPrime?(): Buffer } | null;
  generateKeys(): void;
  /** What we send, as it goes into the exchange hash. A server is asked once, after `computeSecret`. */
  getPublicKey(): Buffer;
  /** What the client sent, as it goes into the exchange hash. */
  convertPublicKey(theirs: Buffer): Buffer;
  /** Called once with what the client sent; a returned Error ends the handshake. */
  computeSecret(theirs: Buffer): Buffer | Error;
}

/** Stands for a key exchange that is over, with what later messages and exchanges need of it. */
export class EndedExchange implements Pick<Ssh2KeyExchange, 'sessionID' | 'negotiated'> {
  readonly remoteExtInfoEnabled = false;
  readonly sessionID: Buffer | undefined;
  readonly negotiated: Ssh2KeyExchange['negotiated'];

  constructor(sessionID: Buffer | undefined, negotiated: Ssh2KeyExchange['negotiated']) {
    this.sessionID = sessionID;
    this.negotiated = negotiated;
  }

  /** @throws Error always: ssh2 asks it when a message of an exchange comes before the client's offer */
  parse(): never {
    throw new Error('a message of a key exchange came before the exchange');
  }
}

interface Ssh2Handlers {
  GLOBAL_REQUEST: (protocol: Ssh2Protocol, name: string, wantsReply: boolean, data: unknown) => void;
  CHANNEL_OPEN: (
    protocol: Ssh2Protocol,
    info: { type: string; sender: number; window: number; packetSize: number },
  ) => void;
  CHANNEL_DATA: (protocol: Ssh2Protocol, recipient: number, data: Buffer) => void;
  CHANNEL_WINDOW_ADJUST: (protocol: Ssh2Protocol, recipient: number, bytes: number) => void;
  CHANNEL_REQUEST: (
    protocol: Ssh2Protocol,
    recipient: number,
    type: string,
    wantReply: boolean,
    data: unknown,
  ) => void;
  CHANNEL_CLOSE: (protocol: Ssh2Protocol, recipient: number) => void;
}

export interface Ssh2PrivateParts {
  readonly socket: Socket;
  readonly protocol: Ssh2Protocol;
  readonly channels: { remove(local: number): void };
}

/** @returns null when this is not the ssh2 that the guards were written for */
export function privateParts(client: Ssh2Connection): Ssh2PrivateParts | null {
  const { _sock, _protocol, _chanMgr } = client as unknown as Partial<Record<string, unknown>>;
  const protocol = _protocol as Partial<Ssh2Protocol> | undefined;
  const handlers = (protocol?._handlers ?? {}) as Partial<Record<keyof Ssh2Handlers, unknown>>;
  const names = [
    'GLOBAL_REQUEST',
    'CHANNEL_OPEN',
    'CHANNEL_DATA',
    'CHANNEL_WINDOW_ADJUST',
    'CHANNEL_REQUEST',
    'CHANNEL_CLOSE',
  ] as const;
  const looksRight =
    _sock !== undefined &&
    names.every((name) => typeof handlers[name] === 'function') &&
    typeof protocol?._onHandshakeComplete === 'function' &&
    typeof protocol._onPayload === 'function' &&
    typeof protocol._decipher?._onPayload === 'function' &&
    typeof protocol.channelOpenConfirm === 'function' &&
    typeof protocol.requestSuccess === 'function' &&
    typeof protocol.requestFailure === 'function' &&
    typeof protocol.ping === 'function' &&
    Buffer.isBuffer(protocol._remoteIdentRaw) &&
    typeof protocol._packetRW?.write.alloc === 'function' &&
    protocol._skipNextInboundPacket === false &&
    protocol._authenticated === false &&
    Array.isArray(protocol._offer?.lists.kex.array) &&
    Array.isArray(protocol._offer.lists.serverHostKey.array) &&
    typeof (_chanMgr as { remove?: unknown } | undefined)?.remove === 'function';
  if (!looksRight) return null;
  return {
    socket: _sock as Socket,
    protocol: protocol as Ssh2Protocol,
    channels: _chanMgr as Ssh2PrivateParts['channels'],
  };
}

/** An offer with other lists, made by ssh2's own class. */
export function remadeOffer(
  offer: Ssh2Offer,
  changed: { readonly kex?: readonly string[]; readonly serverHostKey?: readonly string[] },
): Ssh2Offer {
  const { kex, serverHostKey, cs, sc } = offer.lists;
  const Offer = offer.constructor as new (lists: object) => Ssh2Offer;
  const way = ({ cipher, mac, compress, lang }: typeof cs): object => ({
    cipher: cipher.array,
    mac: mac.array,
    compress: compress.array,
    lang: lang.array,
  });
  return new Offer({
    kex: changed.kex ?? kex.array,
    serverHostKey: changed.serverHostKey ?? serverHostKey.array,
    cs: way(cs),
    sc: way(sc),
  });
}

interface SessionEnds {
  readonly incoming: { readonly id: number };
  readonly outgoing: { readonly id: number; readonly window: number; readonly packetSize: number };
}

/** The numbers of a session channel (ours and the client's), and how much the client takes. */
export function sessionEnds(session: Ssh2Session): SessionEnds {
  return (session as unknown as { _chanInfo: SessionEnds })._chanInfo;
}

/** A stream that has ended. ssh2 only asks at the close of a channel whether it must end it. */
const NO_STDERR = Object.assign(new EventEmitter(), { readable: false, writable: false });

/** Frees ssh2's stream for the stderr of a channel, for one that nobody writes to. */
export function withoutStderr(channel: ServerChannel): void {
  Object.assign(channel, { stderr: NO_STDERR });
}

/** Sends a message that ssh2 has no method for; with `force` even while keys are exchanged. */
export function sendPayload(protocol: Ssh2Protocol, payload: Buffer, force = false): void {
  const { write } = protocol._packetRW;
  const start = force ? write.allocStartKEX : write.allocStart;
  const packet = write.alloc(payload.length, force);
  packet.set(payload, start);
  protocol._cipher.encrypt(write.finalize(packet, force));
}
