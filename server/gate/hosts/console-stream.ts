import { reason } from '../../wire/reason.js';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConsoleNote, ConsoleRequest } from '../../wire/console.js';
import { FRAME_BYTES, FRAME_LIMIT, PING_INTERVAL_MS } from '../../wire/console.js';
import { bytesFrame, FrameReader, noteFrame } from '../../wire/frames.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import { readShared } from '../../wire/shared-read.js';
import type { CustomerTurns, TurnPlace, TurnSource } from '../scheduling/customer-turns.js';
import type { FaultLogger } from '../../wire/logger.js';
import { DemandedPermit } from '../access/authorize.js';
import { readConsoleNote } from '../../wire/console-note.js';

type Heartbeat = Extract<ConsoleNote, { note: 'ping' | 'pong' }>;

/** dom0's notes about a console, without the heartbeat. */
export type ConsoleNews = Exclude<ConsoleNote, Heartbeat>;

/** How long dom0 may take to end the connection after `close`. Milliseconds. */
const LAST_WORDS = 10_000;

interface ConsoleListener {
  /**
   * The guest's bytes, unchanged, valid until this returns. The listener gives back by `credit` what it has taken.
   */
  bytes(data: Buffer): void;
  note(note: ConsoleNews): void;
  /** The stream has ended; nothing follows. The reason is for the log. */
  closed(reason: string): void;
  /** The bytes written have left; more may be written. */
  drained(): void;
}

/** Whose console it is, and with whom it takes turns. */
interface ConsoleReader {
  readonly customer: string;
  readonly turns: CustomerTurns;
}

/** The gate's end of one console attachment: frames over the upgraded connection, and the ping. */
export class ConsoleStream implements TurnSource {
  readonly #socket: Duplex;
  readonly #frames = new FrameReader({ joins: true });
  readonly #guard: FaultGuard;
  readonly #reader: ConsoleReader | null;
  /** Null until it is read. */
  #place: TurnPlace | null = null;
  #head: Buffer;
  #listener: ConsoleListener | null = null;
  #pings: NodeJS.Timeout | null = null;
  #unanswered = 0;
  #closed = false;
  /** Whether it is not its customer's turn. */
  #isHeld = false;

  /** @param reader when left out, it takes no turns */
  constructor(socket: Duplex, head: Buffer, log: FaultLogger, reader: ConsoleReader | null = null) {
    this.#guard = new FaultGuard(log);
    this.#socket = socket;
    this.#head = head;
    this.#reader = reader;
    // A fault before `listen` destroys the socket, and `listen` reports it.
    socket.on(
      'error',
      this.#guard.on('error', (fault: Error) => {
        this.#place?.finish();
        this.#end(reason(fault));
      }),
    );
    socket.on(
      'close',
      this.#guard.on('close', () => {
        this.#place?.finish();
        this.#end('the host closed the connection');
      }),
    );
  }

  /** Begins to read; once. */
  listen(listener: ConsoleListener): void {
    this.#listener = listener;
    if (this.#closed) {
      listener.closed('the host closed the connection');
      return;
    }
    const guarded = <A extends unknown[]>(event: string, work: (...given: A) => void): typeof work =>
      this.#guard.on(event, work, () => {
        this.#end('a fault of ours');
      });
    const take = guarded('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    this.#socket.on(
      'drain',
      guarded('drain', () => {
        listener.drained();
      }),
    );
    this.#socket.on(
      'end',
      guarded('end', () => {
        this.#place?.finish();
        this.#end('the host ended the connection');
      }),
    );
    this.#pings = setInterval(
      guarded('ping', () => {
        this.#ping();
      }),
      PING_INTERVAL_MS,
    );
    const place = this.#reader?.turns.join(this.#reader.customer, this) ?? null;
    this.#place = place;
    const read = (chunk: Buffer): void => {
      if (this.#closed) return;
      this.#unanswered = 0;
      if (place === null) take(chunk);
      else if (
        !place.now(() => {
          take(chunk);
        })
      ) {
        // The bytes are valid only now.
        const kept = Buffer.from(chunk);
        place.later(() => {
          take(kept);
        });
      }
    };
    if (this.#head.length > 0) read(this.#head);
    this.#head = Buffer.alloc(0);
    // A flood may have used its time before anything is read.
    const shared = this.#socket instanceof Socket && readShared(this.#socket, read);
    if (!shared) this.#socket.on('data', read);
    if (this.#isHeld) this.#socket.pause();
    else this.#socket.resume();
  }

  /** For `CustomerTurns`. */
  holdReading(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  /** For `CustomerTurns`. */
  readOn(): void {
    this.#isHeld = false;
    if (!this.#closed) this.#socket.resume();
  }

  /** Bytes written and not yet taken by dom0. */
  get backlog(): number {
    return this.#closed ? 0 : this.#socket.writableLength;
  }

  /** To the guest. */
  write(data: Buffer): void {
    if (this.#closed) return;
    for (let from = 0; from < data.length; from += FRAME_LIMIT) {
      this.#socket.write(bytesFrame(data.subarray(from, from + FRAME_LIMIT)));
    }
  }

  send(request: Exclude<ConsoleRequest, { note: 'takeover' }>): void {
    if (!this.#closed) this.#socket.write(noteFrame(request));
  }

  /** Takes the keyboard, with the proof that it is permitted. */
  takeover(demanded: DemandedPermit): void {
    if (!DemandedPermit.is(demanded) || (demanded.action !== 'takeover' && demanded.action !== 'console')) {
      throw new TypeError('no permit for the keyboard');
    }
    if (!this.#closed) this.#socket.write(noteFrame({ note: 'takeover' } satisfies ConsoleRequest));
  }

  /**
   * The bytes typed last still reach the guest: dom0 ends the connection when it has them. Until then it is read, or
   * dom0's next write would fail, and with it dom0 would drop what it has not read. Twice is harmless; the listener
   * hears nothing more.
   */
  close(): void {
    this.#listener = null;
    if (this.#closed) return;
    const impatience = setTimeout(() => this.#socket.destroy(), LAST_WORDS).unref();
    this.#socket.once('close', () => {
      clearTimeout(impatience);
    });
    this.#closed = true;
    this.#place?.leave();
    if (this.#pings !== null) clearInterval(this.#pings);
    this.#socket.resume();
    this.#socket.end();
  }

  #take(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.push(chunk)) {
        if (this.#closed) return;
        if (frame.kind === FRAME_BYTES) this.#listener?.bytes(frame.body);
        else this.#note(readConsoleNote(JSON.parse(frame.body.toString('utf8'))));
      }
    } catch (fault) {
      this.#end(reason(fault));
    }
  }

  #note(note: ConsoleNote | undefined): void {
    if (note === undefined) return;
    if (isHeartbeat(note)) {
      if (note.note === 'ping') this.send({ note: 'pong' });
      return;
    }
    this.#listener?.note(note);
  }

  #ping(): void {
    if (this.#unanswered >= 2) {
      this.#end('the host fell silent');
      return;
    }
    this.#unanswered += 1;
    this.send({ note: 'ping' });
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#place?.leave();
    if (this.#pings !== null) clearInterval(this.#pings);
    this.#socket.destroy();
    const listener = this.#listener;
    this.#listener = null;
    listener?.closed(reason);
  }
}

function isHeartbeat(note: ConsoleNote): note is Heartbeat {
  return note.note === 'ping' || note.note === 'pong';
}
