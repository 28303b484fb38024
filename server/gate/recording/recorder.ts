import { performance } from 'node:perf_hooks';
import type { CastEvent } from './asciicast.js';
import { eventLine } from './asciicast.js';
import type { CastFile } from './cast-file.js';

/** Called about what happens to a recording by itself. */
interface RecorderCallbacks {
  /** The recording is as large as it may be, or there is no room for all: nothing more is taken. */
  full(): void;
  /** @param bytes of the file, with those that wait to be written */
  grew(bytes: number): void;
}

/** The most that the last remark may take. Bytes. */
const LAST_REMARK = 256;

const MIB = 1024 * 1024;

/** Writes one attachment, or a part of it, into a file. The customer on the console never waits for it. */
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
   * @param typing whether typed keys are recorded as well
   * @param limit bytes at which it is full
   */
  constructor(file: CastFile, typing: boolean, limit: number, callbacks: RecorderCallbacks) {
    this.#file = file;
    this.#typing = typing;
    this.#limit = limit;
    this.#callbacks = callbacks;
  }

  /** Bytes of the file, with those that wait to be written. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Bytes of the attachment that the disk did not take in time. */
  get missed(): number {
    return this.#missed;
  }

  /**
   * Takes what the customer is shown. Half a character waits for its other half; what is not UTF-8 becomes
   * U+FFFD.
   */
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

  /** Takes nothing more from now on; the file says why. */
  fill(): void {
    if (this.#over) return;
    this.#over = true;
    const size = Math.ceil((10 * this.#file.bytes) / MIB) / 10;
    const remark = this.#remark(`the recording is full at ${size} MiB: what follows is not recorded`);
    this.#file.append(remark, { must: true });
    this.#callbacks.full();
  }

  /** Resolves when the file is whole, or was given up. Twice is harmless. */
  async end(): Promise<void> {
    if (!this.#over) {
      this.#event('o', this.#shown.decode(), 0);
      this.#event('i', this.#typed.decode(), 0);
      if (this.#gap > 0) this.#file.append(this.#gapRemark(), { must: true });
      this.#over = true;
    }
    await this.#file.end();
  }

  /** Removes it, as if it had never begun. */
  discard(): Promise<void> {
    this.#over = true;
    return this.#file.discard();
  }

  /** @param size bytes of the attachment that are missed when the event is not taken */
  #event(event: CastEvent, text: string, size: number): void {
    if (text === '') return;
    const line = eventLine(this.#seconds(), event, text);
    if (this.#file.bytes + Buffer.byteLength(line) > this.#limit - LAST_REMARK) {
      this.fill();
      return;
    }
    // A change of size is never missed. The next event that is taken says how much is missing.
    const gap = this.#gap === 0 ? '' : this.#gapRemark();
    if (this.#file.append(gap + line, { must: event === 'r' })) {
      this.#gap = 0;
      this.#callbacks.grew(this.#file.bytes);
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
