import type { Socket } from 'node:net';
import type { CustomerTurns, TurnPlace, TurnSource } from '../scheduling/customer-turns.js';
import type { Now } from '../../wire/token-bucket.js';
import type { Guarded } from './connection-faults.js';

/** RFC 4253 §4.2: the identification string has at most 255 characters, including CR and LF. */
const LONGEST_IDENTIFICATION = 255;
/**
 * Bytes of answers that a client may leave unread before the gate stops reading from it, before and after its
 * login.
 */
const UNREAD_BEFORE_LOGIN = 64 * 1024;
const UNREAD_AFTER_LOGIN = 1024 * 1024;
/**
 * After login ssh2 is given so many bytes at once, for so many milliseconds in one turn. One read of a socket may hold
 * 1,800 messages of one key each.
 */
const PIECE = 256;
const PARSE_MS = 1;
/** How long the other side may take to read the last message. */
const LINGER_MS = 1000;

const NOTHING = Buffer.alloc(0);

/**
 * Does what ssh2 leaves out between itself and the socket:
 * - the identification line arrives whole however it was cut (ssh2 1.17 hangs on three pieces), and is
 *   bounded;
 * - a client that makes us answer and does not read is not read either, so that answers do not pile up;
 * - a connection that is being closed is not parsed any more, and is destroyed soon instead of staying half
 *   closed;
 * - after login, reading and sending on take turns with those of other customers.
 *
 * A fault at the socket's events goes to its connection (`ConnectionFaults`). Make it before `injectSocket`:
 * it takes the place of the 'data' listener that ssh2 adds.
 */
export class Transport implements TurnSource {
  readonly #socket: Socket;
  readonly #guarded: Guarded;
  readonly #now: Now;
  #deliver: ((chunk: Buffer) => void) | undefined;
  #line: Buffer | null = Buffer.alloc(0);
  #unread = UNREAD_BEFORE_LOGIN;
  #closing = false;
  /** Null before login. */
  #place: TurnPlace | null = null;
  /** Whether it is not its customer's turn. */
  #isHeld = false;
  #sendingWaits = false;
  #drained: (() => void) | null = null;
  /** Called after each piece that ssh2 has parsed. */
  afterRead: () => void = () => undefined;

  /** @param now milliseconds from any moment on */
  constructor(socket: Socket, guarded: Guarded, now: Now = () => performance.now()) {
    this.#socket = socket;
    this.#guarded = guarded;
    this.#now = now;
    const takeOver = (event: string | symbol, listener: (chunk: Buffer) => void): void => {
      if (event !== 'data') return;
      socket.off('newListener', takeOver);
      // ssh2 adds the listener after this event, and would read later still, on the next tick.
      queueMicrotask(
        guarded(() => {
          if (this.#closing) return;
          socket.off('data', listener);
          this.#deliver = listener;
          socket.on('data', (chunk: Buffer) => {
            this.#receive(chunk);
          });
        }),
      );
    };
    socket.on('newListener', takeOver);
    socket.on('drain', () => {
      if (!this.#isHeld && socket.isPaused()) socket.resume();
      this.#drained?.();
    });
    // ssh2 ends its side after what it calls fatal, and goes on reading: that must have no effect.
    socket.on('finish', () => {
      this.close();
    });
  }

  /** Bytes that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  get isWritable(): boolean {
    return !this.#closing && this.#socket.writable;
  }

  loggedIn(customer: string, turns: CustomerTurns): void {
    this.#unread = UNREAD_AFTER_LOGIN;
    this.#place = turns.join(customer, this);
  }

  /** Runs it in the customer's turn: now, when they have time left. It never runs when the connection closes first. */
  inTurn(work: () => void): void {
    const place = this.#place;
    if (place === null) work();
    else if (!place.now(work)) place.later(this.#guarded(work));
  }

  /** The one listener is called when more may be sent, and it is the customer's turn. */
  onDrain(listener: () => void): void {
    const send = this.#guarded(() => {
      this.#sendingWaits = false;
      listener();
    });
    this.#drained = () => {
      if (this.#sendingWaits) return;
      const place = this.#place;
      if (place === null) send();
      else if (!place.now(send)) {
        this.#sendingWaits = true;
        place.later(send);
      }
    };
  }

  /** For `CustomerTurns`. */
  holdReading(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  /** For `CustomerTurns`. */
  readOn(): void {
    this.#isHeld = false;
    // Else it goes on when the client has read.
    if (this.#closing || this.#socket.writableLength <= this.#unread) this.#socket.resume();
  }

  /** Call it when the connection is closed. */
  closed(): void {
    this.#place?.leave();
  }

  /**
   * Sends what is written, discards what comes, and destroys the socket when the other side has closed, or
   * soon.
   */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#place?.leave();
    const socket = this.#socket;
    socket.removeAllListeners('data');
    socket.resume();
    // A second end makes an Error with its stack, for nobody.
    if (!socket.writableEnded) socket.end();
    const last = this.#guarded(() => socket.destroy());
    const timer = setTimeout(last, LINGER_MS);
    socket.once('close', () => {
      clearTimeout(timer);
    });
  }

  destroy(): void {
    this.#closing = true;
    this.#place?.leave();
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    let whole = chunk;
    if (this.#line !== null) {
      whole = Buffer.concat([this.#line, chunk]);
      const end = whole.indexOf(0x0a);
      if ((end === -1 ? whole.length : end + 1) > LONGEST_IDENTIFICATION) {
        this.destroy();
        return;
      }
      this.#line = whole;
      if (end === -1) return;
      this.#line = null;
    }
    this.#take(whole);
  }

  #take(chunk: Buffer): void {
    const place = this.#place;
    if (place === null) {
      this.#parse(chunk);
      return;
    }
    this.inTurn(() => {
      const rest = this.#parseFor(chunk);
      if (rest.length > 0)
        place.later(
          this.#guarded(() => {
            this.#take(rest);
          }),
        );
    });
  }

  /** Parses as much as there is time for. @returns the rest */
  #parseFor(chunk: Buffer): Buffer {
    const end = this.#now() + PARSE_MS;
    let at = 0;
    do {
      this.#parse(chunk.subarray(at, at + PIECE));
      at += PIECE;
    } while (at < chunk.length && !this.#closing && this.#now() < end);
    return this.#closing ? NOTHING : chunk.subarray(at);
  }

  #parse(whole: Buffer): void {
    // The answers to one piece go to the kernel together.
    this.#socket.cork();
    try {
      this.#deliver?.(whole);
      this.afterRead();
    } finally {
      this.#socket.uncork();
    }
    if (!this.#closing && this.#socket.writableLength > this.#unread) this.#socket.pause();
  }
}
