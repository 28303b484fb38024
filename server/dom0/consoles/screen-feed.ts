import type { Duplex } from 'node:stream';
import { FRAME_LIMIT, INITIAL_CREDIT } from '../../wire/console.js';
import type { ConsoleNote } from '../../wire/console.js';
import { bytesFrame } from '../../wire/frames.js';
import { OutputQueue } from './output-queue.js';
import type { ScreenSize } from './screen-job.js';

/** What the feed of one terminal needs of its attachment. */
export interface FeedParts {
  readonly socket: Pick<Duplex, 'write' | 'writableLength'>;
  readonly note: (note: ConsoleNote) => void;
  /** The terminal's size where it is not the kept screen's: it is shown pictures then, as the guest's own bytes would be torn. */
  readonly view: () => ScreenSize | null;
  /** The screen after the last byte that was handed to `output`, as bytes for a terminal of this size in any state. */
  readonly paint: (view: ScreenSize | null) => Promise<Buffer>;
}

/** Beyond so much on its way the other end takes nothing: it is as if it gave no credit. */
const SOCKET_LIMIT = 256 * 1024;
const CREDIT_LIMIT = 16 * INITIAL_CREDIT;
/** What the console says while its repaint is made waits at most so far; beyond it a new repaint follows. */
const WAITING_LIMIT = 256 * 1024;
/** From one repaint for want of credit to the next. */
const REPAINT_MS = 100;

/**
 * What one terminal is sent of what its console says: all of it as long as the other end gives credit, and the screen painted
 * anew where something had to be left out, or where the terminal's size is another.
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
  /** Something has changed since the repaint under way was asked for. */
  #outdated = false;
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
    } else if (this.#parts.view() !== null) {
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
      this.#parts.socket.write(frame);
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
    void this.#parts.paint(this.#parts.view()).then((picture) => {
      this.#painted(picture, skipped);
    });
  }

  /** Sends what waits, as far as it is taken; to be called when the socket has drained. */
  pump(): void {
    while (!this.#over && !this.#out.isEmpty && this.#mayWrite()) {
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
    this.#waiting = [];
    this.#out.replace([]);
  }

  #wait(bytes: Buffer): void {
    if (this.#parts.view() !== null) this.#outdated = true;
    else if (this.#skipped === 0 && this.#waitingBytes + bytes.length <= WAITING_LIMIT) {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    } else {
      this.#skipped += bytes.length;
    }
  }

  #painted(picture: Buffer, skipped: number): void {
    if (this.#over) return;
    if (skipped > 0) this.#parts.note({ note: 'skipped', bytes: skipped });
    this.#out.replace(this.#outdated ? [picture] : [picture, ...this.#waiting]);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#announce = true;
    this.#phase = this.#outdated || this.#skipped > 0 ? 'starved' : 'live';
    this.pump();
  }

  #mayWrite(): boolean {
    return this.#credit > 0 && this.#parts.socket.writableLength < SOCKET_LIMIT;
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
}
