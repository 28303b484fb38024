import { EndedExchange, type Ssh2KeyExchange, type Ssh2Protocol } from './ssh2-private.js';

/** Different values of one kind that are kept. A stranger's is kept only while it is connected. */
const MOST = 256;

/** Identification lines that many connections have in common, by their bytes. */
const lines = new Map<string, Buffer>();
/** What was negotiated, by its text. */
const agreements = new Map<string, Ssh2KeyExchange['negotiated']>();

/**
 * Forgets what only the key exchange that has just ended needed. ssh2 1.17 keeps it as long as the connection: the
 * shared secret, the key pair, and pieces of buffers that others share. To be called after the login and after each
 * later exchange.
 */
export function forgetExchange(protocol: Ssh2Protocol): void {
  const exchange = protocol._kex;
  if (exchange === undefined || protocol._kexinit !== undefined) return;
  const { sessionID, negotiated } = exchange;
  protocol._kex = new EndedExchange(
    sessionID === undefined ? undefined : ownBytes(sessionID),
    agreement(negotiated),
  ) as unknown as Ssh2KeyExchange;
  if (protocol._identRaw !== undefined) protocol._identRaw = shared(protocol._identRaw);
  if (protocol._remoteIdentRaw !== undefined) protocol._remoteIdentRaw = shared(protocol._remoteIdentRaw);
  for (const end of [protocol._cipher, protocol._decipher] as unknown as Record<string, unknown>[])
    for (const [name, value] of Object.entries(end)) if (Buffer.isBuffer(value)) end[name] = ownBytes(value);
}

/**
 * The messages of a login, and of channels that a server opens: the gate opens none. ssh2 makes a function for each, and
 * ignores a message without one.
 */
const OVER = [
  'SERVICE_REQUEST',
  'USERAUTH_REQUEST',
  'USERAUTH_INFO_RESPONSE',
  'CHANNEL_OPEN_CONFIRMATION',
  'CHANNEL_OPEN_FAILURE',
  'CHANNEL_EXTENDED_DATA',
  'CHANNEL_SUCCESS',
  'CHANNEL_FAILURE',
] as const;

/** Forgets what ssh2 keeps for messages that mean nothing once the client has logged in. */
export function forgetLogin(protocol: Pick<Ssh2Protocol, '_handlers'>): void {
  const handlers = protocol._handlers as Partial<Record<(typeof OVER)[number], unknown>>;
  for (const name of OVER) handlers[name] = undefined;
}

/** The one buffer for these bytes; the next exchange needs them again. */
function shared(line: Buffer): Buffer {
  return one(lines, line.toString('latin1'), () => ownBytes(line));
}

/** The one object for equal agreements. Their names are pieces of the client's whole offer, unless they are copied. */
function agreement(negotiated: Ssh2KeyExchange['negotiated']): Ssh2KeyExchange['negotiated'] {
  const text = JSON.stringify(negotiated);
  return one(agreements, text, () => JSON.parse(text) as Ssh2KeyExchange['negotiated']);
}

function one<T>(known: Map<string, T>, name: string, make: () => T): T {
  const found = known.get(name);
  if (found !== undefined) return found;
  const [oldest] = known.keys();
  if (oldest !== undefined && known.size >= MOST) known.delete(oldest);
  const made = make();
  known.set(name, made);
  return made;
}

/** A piece of Node.js's pool would keep all 64 KiB of it. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}
