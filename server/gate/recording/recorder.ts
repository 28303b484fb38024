import { performance } from 'node:perf_hooks';
import type { CastEvent } from './asciicast.js';
import { eventLine } from './asciicast.js';
import type { CastFile } from './cast-file.js';

/** What becomes of a recording by itself. */
interface RecorderCallbacks {
  /** It is as large as one may be, or there is no room for all: nothing more is taken. */
  full(): void;
  /** It takes so many bytes more on the disk. */
  grew(bytes: number): void;
}

/** What the last remark may take. Bytes. */
const LAST_REMARK = 256;

const MIB = 1024 * 1024;

/** One visit, or a stretch of it, on its way into a file: who is on the console never waits for it. */
export class Recorder {
  readonly #file: CastFile;
  readonly #typing: boolean;
  readonly #limit: number;
  readonly #callbacks: RecorderCallbacks;
  readonly #began = performance.now();
  // A byte order mark is a character like any other here.
  readonly #shown = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #typed = new TextDecoder('utf-8', { ignoreBOM: true });
  #gap = 0;
  #missed = 0;
  #over = false;

  /**
   * @param typing whether what is typed is recorded as well
   * @param limit bytes at which it is full
   */
  constructor(file: CastFile, typing: boolean, limit: number, callbacks: RecorderCallbacks) {
    this.#file = file;
    this.#typing = typing;
    this.#limit = limit;
    this.#callbacks = callbacks;
  }

  /** Of the file, with what waits to be written. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Bytes of the visit that the disk did not take in time. */
  get missed(): number {
    return this.#missed;
  }

  /** What the visitor is shown. Half a character waits for its other half; what is no UTF-8 becomes U+FFFD. */
  shown(data: Uint8Array): void {
    if (!this.#over) this.#event('o', this.#shown.decode(data, { stream: true }), data.length);
  }

  typed(data: Uint8Array): void {
    if (this.#typing && !this.#over)
      this.#event('i', this.#typed.decode(data, { stream: true }), data.length);
  }

  resized(columns: number, rows: number): void {
    if (!this.#over) this.#event('r', `${columns}x${rows}`, 0);
  }

  /** Nothing more is taken; the file says why. */
  fill(): void {
    if (this.#over) return;
    this.#over = true;
    const size = Math.ceil((10 * this.#file.bytes) / MIB) / 10;
    const remark = this.#remark(`the recording is full at ${size} MiB: what follows is not recorded`);
    this.#file.append(remark, { must: true });
    this.#callbacks.full();
  }

  /** Resolves when the file is whole, or is given up. Twice is harmless. */
  async end(): Promise<void> {
    if (!this.#over) {
      this.#event('o', this.#shown.decode(), 0);
      this.#event('i', this.#typed.decode(), 0);
      if (this.#gap > 0) this.#file.append(this.#gapRemark(), { must: true });
      this.#over = true;
    }
    await this.#file.end();
  }

  /** It is as if it had never begun. */
  discard(): Promise<void> {
    this.#over = true;
    return this.#file.discard();
  }

  /** @param size bytes of the visit that would be missed with it */
  #event(event: CastEvent, text: string, size: number): void {
    if (text === '') return;
    const line = eventLine(this.#seconds(), event, text);
    if (this.#file.bytes + Buffer.byteLength(line) > this.#limit - LAST_REMARK) {
      this.fill();
      return;
    }
    // The change of a size is never missed, and where something is missing is said with what comes next.
    const gap = this.#gap === 0 ? '' : this.#gapRemark();
    if (this.#file.append(gap + line, { must: event === 'r' })) {
      this.#gap = 0;
      this.#callbacks.grew(gap.length + line.length);
      return;
    }
    this.#gap += size;
    this.#missed += size;
  }

  #gapRemark(): string {
    return this.#remark(`${this.#gap} bytes were not recorded: the disk was too slow`);
  }

  #remark(text: string): string {
    return eventLine(this.#seconds(), 'm', text);
  }

  #seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }
}
