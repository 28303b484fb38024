import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FRAME_BYTES, FRAME_LIMIT, INITIAL_CREDIT } from '../../wire/console.js';
import type { ConsoleEnd, ConsoleMode, ConsoleNote, Presence, ScreenText } from '../../wire/console.js';
import { bytesFrame, FrameError, FrameReader, noteFrame } from '../../wire/frames.js';
import { ConsoleRequestError, parseConsoleRequest } from './console-request.js';
import { OutputQueue } from './output-queue.js';
import { clampSize } from './screen-job.js';
import type { ScreenSize } from './screen-job.js';

/** What an attachment asks of the console that it is joined to. */
export interface AttachmentHost {
  /** @returns the bytes that there was no room for; `drained` says when to offer them again */
  input(from: Attachment, bytes: Buffer): Buffer | null;
  /** The kept screen's size, for which the guest speaks. */
  size(): ScreenSize;
  /** The screen after the last byte that was handed to `output`, as bytes for a terminal in any state. */
  paint(since: number | null, view: ScreenSize | null): Promise<Buffer>;
  /** The same as text; null when it cannot be had now. */
  read(since: number | null): Promise<ScreenText | null>;
  takeover(by: Attachment): void;
  release(by: Attachment): void;
  resized(by: Attachment): void;
  /** Once, when its stream has ended for whatever reason. */
  left(who: Attachment): void;
}

export interface AttachmentParts {
  readonly id: number;
  readonly label: string;
  /** An admin of the host, by name; null: somebody of the gate's. */
  readonly admin: string | null;
  /** Whether the others are told that it is there. */
  readonly announced: boolean;
  readonly asked: ConsoleMode;
  readonly size: ScreenSize | null;
  /** Milliseconds since 1970: nothing that was said before is painted. */
  readonly since: number | null;
  readonly socket: Duplex;
  readonly host: AttachmentHost;
  readonly pingMs: number;
}

/** Beyond so much on its way the other end takes nothing: it is as if it gave no credit. */
const SOCKET_LIMIT = 256 * 1024;
/** Notes are never dropped; an end that lets so much pile up is ended. */
const SOCKET_END = 1024 * 1024;
const CREDIT_LIMIT = 16 * INITIAL_CREDIT;
/** What the console says while its repaint is made waits at most so far; beyond it a new repaint follows. */
const WAITING_LIMIT = 256 * 1024;
/** From one repaint for want of credit to the next. */
const REPAINT_MS = 100;
/** While the socket is not read for want of room, only writing tells whether somebody is there. */
const PROBE_MS = 1_000;
const LINGER_MS = 1_000;
const MISSES = 2;

/**
 * One terminal joined to a console, at the end of a stream of frames (wire/console.ts). Of what the console says it passes on
 * what the other end gave credit for, and paints the screen anew where it left out the rest.
 */
export class Attachment {
  readonly id: number;
  readonly label: string;
  readonly admin: string | null;
  announced: boolean;
  /** Whether typing may take a keyboard that nobody holds: it asked for it, and did not give it back. */
  mayType: boolean;
  mode: ConsoleMode = 'watch';
  size: ScreenSize | null;
  readonly #since: number | null;
  readonly #socket: Duplex;
  readonly #host: AttachmentHost;
  readonly #reader = new FrameReader();
  readonly #out = new OutputQueue();
  readonly #ping: NodeJS.Timeout;
  #probe: NodeJS.Timeout | undefined;
  #repaintTimer: NodeJS.Timeout | undefined;
  #credit = INITIAL_CREDIT;
  #phase: 'idle' | 'painting' | 'live' | 'starved' = 'idle';
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #skipped = 0;
  #paintedAt = -REPAINT_MS;
  /** Something has changed since the repaint under way was asked for. */
  #outdated = false;
  /** A repaint is on its way; `painted` is said when it is out. */
  #announce = false;
  #typed: Buffer[] = [];
  #heard = true;
  #misses = 0;
  #over = false;

  constructor(parts: AttachmentParts) {
    this.id = parts.id;
    this.label = parts.label;
    this.admin = parts.admin;
    this.announced = parts.announced;
    this.mayType = parts.asked === 'write';
    this.size = parts.size;
    this.#since = parts.since;
    this.#socket = parts.socket;
    this.#host = parts.host;
    const { socket } = parts;
    if (socket instanceof Socket) socket.setTimeout(0).setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    socket.on('drain', () => {
      this.#pump();
    });
    for (const event of ['end', 'error', 'close']) {
      socket.on(event, () => {
        this.#leave();
      });
    }
    socket.resume();
    this.#ping = setInterval(() => {
      this.#beat();
    }, parts.pingMs).unref();
  }

  get presence(): Presence {
    return { attachment: this.id, label: this.label, mode: this.mode };
  }

  /** Takes bytes of the stream: the socket's, and those that came with the upgrade. */
  receive(chunk: Buffer): void {
    if (this.#over) return;
    this.#heard = true;
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (frame.kind === FRAME_BYTES) this.#type(frame.body);
        else this.#request(frame.body);
      }
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof ConsoleRequestError)) throw error;
      this.end('protocol');
    }
  }

  note(note: ConsoleNote): void {
    if (this.#over) return;
    this.#socket.write(noteFrame(note));
    if (this.#socket.writableLength > SOCKET_END) this.#leave();
  }

  /** Passes on what the console said. @param frame the same bytes, framed once for all */
  output(bytes: Buffer, frame: Buffer): void {
    if (this.#over || this.#phase === 'idle') return;
    if (this.#phase === 'painting') {
      this.#wait(bytes);
    } else if (this.#view !== null) {
      // It stays in the kept screen: nothing is left out.
      this.#phase = 'starved';
      this.#repaintWhenFed();
    } else if (
      this.#phase === 'live' &&
      this.#out.isEmpty &&
      this.#credit >= bytes.length &&
      this.#mayWrite()
    ) {
      this.#credit -= bytes.length;
      this.#socket.write(frame);
    } else {
      this.#phase = 'starved';
      this.#skipped += bytes.length;
      this.#repaintWhenFed();
    }
  }

  /** Sends the screen as it is now, then what comes after it; to an end that takes nothing now, once it does. */
  repaint(): void {
    if (this.#over) return;
    if (this.#phase === 'painting') {
      this.#outdated = true;
      return;
    }
    if (!this.#mayWrite()) {
      this.#phase = 'starved';
      return;
    }
    clearTimeout(this.#repaintTimer);
    this.#repaintTimer = undefined;
    this.#phase = 'painting';
    this.#paintedAt = performance.now();
    const skipped = this.#skipped;
    this.#skipped = 0;
    this.#outdated = false;
    void this.#host.paint(this.#since, this.#view).then((picture) => {
      this.#painted(picture, skipped);
    });
  }

  /** There is room for input again. */
  drained(): void {
    const typed = this.#typed;
    this.#typed = [];
    for (const bytes of typed) this.#type(bytes);
    if (this.#typed.length > 0 || this.#probe === undefined) return;
    clearInterval(this.#probe);
    this.#probe = undefined;
    this.#socket.resume();
  }

  /** Ends the stream with its reason. */
  end(reason: ConsoleEnd): void {
    if (this.#over) return;
    this.note({ note: 'ended', reason });
    const socket = this.#socket;
    const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.end(() => {
      clearTimeout(linger);
      socket.destroy();
    });
    this.#stop();
  }

  #type(bytes: Buffer): void {
    const refused = this.#typed.length > 0 ? bytes : this.#host.input(this, bytes);
    if (refused === null || refused.length === 0) return;
    this.#typed.push(refused);
    if (this.#probe !== undefined) return;
    this.#socket.pause();
    this.#probe = setInterval(() => {
      this.note({ note: 'ping' });
    }, PROBE_MS).unref();
  }

  #request(body: Buffer): void {
    const request = parseConsoleRequest(body);
    switch (request.note) {
      case 'credit':
        this.#credit = Math.min(this.#credit + request.bytes, CREDIT_LIMIT);
        this.#pump();
        return;
      case 'resize':
        this.size = clampSize(request.cols, request.rows) ?? this.size;
        this.#host.resized(this);
        return;
      case 'takeover':
        this.#host.takeover(this);
        return;
      case 'release':
        this.#host.release(this);
        return;
      case 'repaint':
        this.repaint();
        return;
      case 'screen':
        void this.#host.read(this.#since).then((screen) => {
          this.note({ note: 'screen', screen });
        });
        return;
      case 'ping':
        this.note({ note: 'pong' });
        return;
      case 'pong':
        return;
    }
  }

  /** The terminal's size where it is not the kept screen's: it is shown pictures then, as the guest's own bytes would be torn. */
  get #view(): ScreenSize | null {
    const { cols, rows } = this.#host.size();
    return this.size === null || (this.size.cols === cols && this.size.rows === rows) ? null : this.size;
  }

  #wait(bytes: Buffer): void {
    if (this.#view !== null) this.#outdated = true;
    else if (this.#skipped === 0 && this.#waitingBytes + bytes.length <= WAITING_LIMIT) {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    } else {
      this.#skipped += bytes.length;
    }
  }

  #painted(picture: Buffer, skipped: number): void {
    if (this.#over) return;
    if (skipped > 0) this.note({ note: 'skipped', bytes: skipped });
    this.#out.replace(this.#outdated ? [picture] : [picture, ...this.#waiting]);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#announce = true;
    this.#phase = this.#outdated || this.#skipped > 0 ? 'starved' : 'live';
    this.#pump();
  }

  #mayWrite(): boolean {
    return this.#credit > 0 && this.#socket.writableLength < SOCKET_LIMIT;
  }

  #pump(): void {
    while (!this.#over && !this.#out.isEmpty && this.#mayWrite()) {
      const piece = this.#out.take(Math.min(this.#credit, FRAME_LIMIT));
      this.#credit -= piece.length;
      this.#socket.write(bytesFrame(piece));
    }
    if (this.#announce && this.#out.isEmpty) {
      this.#announce = false;
      this.note({ note: 'painted' });
    }
    this.#repaintWhenFed();
  }

  #repaintWhenFed(): void {
    if (this.#over || this.#phase !== 'starved' || this.#repaintTimer !== undefined) return;
    if (!this.#out.isEmpty || !this.#mayWrite()) return;
    const wait = Math.max(0, this.#paintedAt + REPAINT_MS - performance.now());
    this.#repaintTimer = setTimeout(() => {
      this.#repaintTimer = undefined;
      if (this.#phase === 'starved' && this.#out.isEmpty && this.#mayWrite()) this.repaint();
    }, wait).unref();
  }

  #beat(): void {
    if (this.#probe !== undefined) return;
    this.#misses = this.#heard ? 0 : this.#misses + 1;
    this.#heard = false;
    if (this.#misses >= MISSES) this.#leave();
    else this.note({ note: 'ping' });
  }

  #leave(): void {
    if (this.#over) return;
    this.#stop();
    this.#socket.destroy();
  }

  #stop(): void {
    this.#over = true;
    clearInterval(this.#ping);
    clearInterval(this.#probe);
    clearTimeout(this.#repaintTimer);
    this.#typed = [];
    this.#waiting = [];
    this.#out.replace([]);
    this.#host.left(this);
  }
}
