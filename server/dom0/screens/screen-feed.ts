import type { Duplex } from 'node:stream';
import { FRAME_LIMIT, INITIAL_CREDIT } from '../../wire/console.js';
import type { ConsoleNote } from '../../wire/console.js';
import { bytesFrame } from '../../wire/frames.js';
import { OutputQueue } from './output-queue.js';

/**
 * Bytes that make a terminal in any state show the screen; `nearest` shows about the same, when the exact
 * picture was not ready in time.
 */
export type Picture = Buffer | { readonly nearest: Buffer };

/** What the feed of one terminal needs of its attachment. */
interface FeedParts {
  readonly socket: Pick<Duplex, 'write' | 'writableLength'>;
  readonly note: (note: ConsoleNote) => void;
  /** The screen after the last byte that was handed to `output`, for the terminal's present size. */
  readonly paint: () => Promise<Picture>;
  /** Whether an inexact picture is made again, when an exact one can be had. */
  readonly betters: boolean;
  /** Makes a listener that never throws: a fault ends the attachment. */
  readonly guarded: <A extends unknown[]>(
    event: string,
    work: (...given: A) => void,
  ) => (...given: A) => void;
}

/** With more bytes than this in flight we treat the peer as if it gave no credit. */
const SOCKET_LIMIT = 256 * 1024;
const CREDIT_LIMIT = 16 * INITIAL_CREDIT;
/** At most this much output waits while a repaint is made; after more, a new repaint follows. */
const WAITING_LIMIT = 256 * 1024;
/** The least time between two repaints for lack of credit. */
const REPAINT_MS = 100;
/** An inexact picture is made again after the first of these times; the wait doubles up to the second. */
const AGAIN_MS: readonly [number, number] = [2_000, 60_000];

/**
 * Sends one terminal its console's output: all of it as long as the peer gives credit, and a repaint where
 * something had to be left out. Terminals of every size get the same bytes. Each was painted by an emulator
 * of its own size, so the bytes have the same effect as if it had always been there.
 */
export class ScreenFeed {
  readonly #parts: FeedParts;
  readonly #out = new OutputQueue();
  #repaintTimer: NodeJS.Timeout | undefined;
  #credit = INITIAL_CREDIT;
  #phase: 'idle' | 'painting' | 'live' | 'starved' = 'idle';
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #skipped = 0;
  #paintedAt = -REPAINT_MS;
  /** Another repaint was requested while one was made. It follows, and no output is left out for it. */
  #outdated = false;
  #againTimer: NodeJS.Timeout | undefined;
  #again = AGAIN_MS[0];
  /** A repaint is on its way; `painted` is sent after it. */
  #announce = false;
  #over = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** The peer has room for this many bytes more. */
  credit(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, CREDIT_LIMIT);
    this.pump();
  }

  /**
   * Passes on the console's output. The bytes may change when this has returned.
   *
   * @param frame the same bytes, framed once for all
   * @returns whether the frame may change, too: the socket has taken all of it
   */
  output(bytes: Buffer, frame: Buffer): boolean {
    if (this.#over || this.#phase === 'idle') return true;
    if (this.#phase === 'painting') {
      this.#wait(bytes);
    } else if (
      this.#phase === 'live' &&
      this.#out.isEmpty &&
      this.#credit >= bytes.length &&
      this.#canWrite()
    ) {
      this.#credit -= bytes.length;
      this.#parts.socket.write(frame);
      return this.#parts.socket.writableLength === 0;
    } else {
      this.#skipped += bytes.length;
      this.#phase = 'starved';
      this.#repaintWhenFed();
    }
    return true;
  }

  /**
   * Sends the present screen, then the output after it. A peer that takes nothing now gets it once it does.
   */
  repaint(): void {
    if (this.#over) return;
    if (this.#phase === 'painting') {
      this.#outdated = true;
      return;
    }
    if (!this.#canWrite()) {
      this.#phase = 'starved';
      return;
    }
    clearTimeout(this.#againTimer);
    this.#paint(true);
  }

  /** Sends waiting bytes as far as the peer takes them. To be called when the socket has drained. */
  pump(): void {
    while (!this.#over && !this.#out.isEmpty && this.#canWrite()) {
      const piece = this.#out.take(Math.min(this.#credit, FRAME_LIMIT));
      this.#credit -= piece.length;
      this.#parts.socket.write(bytesFrame(piece));
    }
    if (this.#announce && this.#out.isEmpty) {
      this.#announce = false;
      this.#parts.note({ note: 'painted' });
    }
    this.#repaintWhenFed();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#over = true;
    clearTimeout(this.#repaintTimer);
    clearTimeout(this.#againTimer);
    this.#waiting = [];
    this.#out.replace([]);
  }

  /** @param wanted whether an inexact picture is better than none */
  #paint(wanted: boolean): void {
    clearTimeout(this.#repaintTimer);
    this.#repaintTimer = undefined;
    this.#phase = 'painting';
    this.#paintedAt = performance.now();
    const skipped = this.#skipped;
    this.#skipped = 0;
    this.#outdated = false;
    const { paint, guarded } = this.#parts;
    void paint().then(
      guarded('painted', (picture: Picture) => {
        if (this.#over) return;
        this.#painted(picture, skipped, wanted);
      }),
      guarded('painted', (fault: unknown) => {
        throw fault;
      }),
    );
  }

  #wait(bytes: Buffer): void {
    if (this.#skipped === 0 && this.#waitingBytes + bytes.length <= WAITING_LIMIT) {
      this.#waiting.push(Buffer.from(bytes));
      this.#waitingBytes += bytes.length;
    } else {
      this.#skipped += bytes.length;
    }
  }

  #painted(picture: Picture, skipped: number, wanted: boolean): void {
    const isExact = Buffer.isBuffer(picture);
    const bytes = isExact ? picture : picture.nearest;
    if (skipped > 0) this.#parts.note({ note: 'skipped', bytes: skipped });
    const isSent = isExact || wanted || this.#outdated;
    const before = isSent ? [bytes] : [];
    this.#out.replace([...before, ...this.#waiting]);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (isSent) this.#announce = true;
    this.#phase = this.#skipped > 0 ? 'starved' : 'live';
    if (isExact) this.#again = AGAIN_MS[0];
    else if (this.#parts.betters) this.#tryAgain();
    this.pump();
  }

  /** The picture was inexact: makes another when possible. */
  #tryAgain(): void {
    clearTimeout(this.#againTimer);
    const paint = this.#parts.guarded('repaint', () => {
      if (this.#phase === 'live' && this.#canBegin) this.#paint(this.#outdated);
      else this.#tryAgain();
    });
    this.#againTimer = setTimeout(paint, this.#again).unref();
    this.#again = Math.min(this.#again * 2, AGAIN_MS[1]);
  }

  #canWrite(): boolean {
    return this.#credit > 0 && this.#parts.socket.writableLength < SOCKET_LIMIT;
  }

  /** Nothing waits any more, and the peer takes more: a repaint may begin by itself. */
  get #canBegin(): boolean {
    return this.#out.isEmpty && this.#canWrite();
  }

  get #isRepaintDue(): boolean {
    return this.#phase === 'starved' || (this.#phase === 'live' && this.#outdated);
  }

  #repaintWhenFed(): void {
    if (this.#over || !this.#isRepaintDue || this.#repaintTimer !== undefined) return;
    if (!this.#canBegin) return;
    const wait = Math.max(0, this.#paintedAt + REPAINT_MS - performance.now());
    const paint = this.#parts.guarded('repaint', () => {
      this.#repaintTimer = undefined;
      if (this.#isRepaintDue && this.#canBegin) this.repaint();
    });
    this.#repaintTimer = setTimeout(paint, wait).unref();
  }
}
