import type { Duplex } from 'node:stream';
import { FRAME_LIMIT, INITIAL_CREDIT } from '../../wire/console.js';
import type { ConsoleNote } from '../../wire/console.js';
import { bytesFrame } from '../../wire/frames.js';
import { OutputQueue } from './output-queue.js';

/** What makes a terminal show the screen, in whatever state it is; or, where that could not be had in time, about the same. */
export type Picture = Buffer | { readonly nearest: Buffer };

/** What the feed of one terminal needs of its attachment. */
interface FeedParts {
  readonly socket: Pick<Duplex, 'write' | 'writableLength'>;
  readonly note: (note: ConsoleNote) => void;
  /** The screen after the last byte that was handed to `output`, for the terminal as large as it is now. */
  readonly paint: () => Promise<Picture>;
  /** A listener that never throws: a fault ends the attachment. */
  readonly guarded: <A extends unknown[]>(
    event: string,
    work: (...given: A) => void,
  ) => (...given: A) => void;
}

/** Beyond so much on its way the other end takes nothing: it is as if it gave no credit. */
const SOCKET_LIMIT = 256 * 1024;
const CREDIT_LIMIT = 16 * INITIAL_CREDIT;
/** What the console says while its repaint is made waits at most so far; beyond it a new repaint follows. */
const WAITING_LIMIT = 256 * 1024;
/** From one repaint for want of credit to the next. */
const REPAINT_MS = 100;
/** A picture that was not exact is made again after so long, doubled from the first to the last. */
const AGAIN_MS: readonly [number, number] = [2_000, 60_000];

/**
 * What one terminal is sent of what its console says: all of it as long as the other end gives credit, and the screen painted
 * anew where something had to be left out. A terminal of any size is sent the same bytes: what it does with them is what it would
 * have done, had it been there all along, as its picture was made by an emulator of its size.
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
  /** Another repaint was asked for while one was made: it follows, and nothing is left out for it. */
  #outdated = false;
  #againTimer: NodeJS.Timeout | undefined;
  #again = AGAIN_MS[0];
  /** A repaint is on its way; `painted` is said when it is out. */
  #announce = false;
  #over = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** The other end has room for so many bytes more. */
  credit(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, CREDIT_LIMIT);
    this.pump();
  }

  /** Passes on what the console said. @param frame the same bytes, framed once for all */
  output(bytes: Buffer, frame: Buffer): void {
    if (this.#over || this.#phase === 'idle') return;
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
    } else {
      this.#skipped += bytes.length;
      this.#phase = 'starved';
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
    if (!this.#canWrite()) {
      this.#phase = 'starved';
      return;
    }
    clearTimeout(this.#againTimer);
    this.#paint(true);
  }

  /** Sends what waits, as far as it is taken; to be called when the socket has drained. */
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

  /** Nothing more is sent. */
  stop(): void {
    this.#over = true;
    clearTimeout(this.#repaintTimer);
    clearTimeout(this.#againTimer);
    this.#waiting = [];
    this.#out.replace([]);
  }

  /** @param wanted whether a picture that is not exact is better than none */
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
      this.#waiting.push(bytes);
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
    else this.#tryAgain();
    this.pump();
  }

  /** The picture was not exact: another is made when it can be. */
  #tryAgain(): void {
    clearTimeout(this.#againTimer);
    const paint = this.#parts.guarded('repaint', () => {
      if (this.#phase === 'live' && this.#out.isEmpty && this.#canWrite()) this.#paint(false);
      else this.#tryAgain();
    });
    this.#againTimer = setTimeout(paint, this.#again).unref();
    this.#again = Math.min(this.#again * 2, AGAIN_MS[1]);
  }

  #canWrite(): boolean {
    return this.#credit > 0 && this.#parts.socket.writableLength < SOCKET_LIMIT;
  }

  get #isRepaintDue(): boolean {
    return this.#phase === 'starved' || (this.#phase === 'live' && this.#outdated);
  }

  #repaintWhenFed(): void {
    if (this.#over || !this.#isRepaintDue || this.#repaintTimer !== undefined) return;
    if (!this.#out.isEmpty || !this.#canWrite()) return;
    const wait = Math.max(0, this.#paintedAt + REPAINT_MS - performance.now());
    const paint = this.#parts.guarded('repaint', () => {
      this.#repaintTimer = undefined;
      if (this.#isRepaintDue && this.#out.isEmpty && this.#canWrite()) this.repaint();
    });
    this.#repaintTimer = setTimeout(paint, wait).unref();
  }
}
