import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { RUNNING } from './recording-name.js';
import type { WriteQueue } from './write-queue.js';

/** Lines are written together, after so long or so many bytes. A killed gate loses no more than that. */
const FLUSH = { milliseconds: 200, bytes: 64 * 1024 };

/** The most that one file may have waiting. Bytes. */
const MOST_WAITING = 1024 * 1024;

/**
 * A file, 0600, that takes whole lines at its end and never makes the caller wait. Its name says when it is
 * being written.
 */
export class CastFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #turns: WriteQueue;
  readonly #failed: (error: Error) => void;
  #lines: string[] = [];
  /** Bytes of `#lines`, and of the lines that are on their way to the disk. */
  #waiting = 0;
  #written = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  #broken = false;
  #closed: Promise<void> | null = null;

  /** Use `create` instead. */
  constructor(path: string, handle: FileHandle, turns: WriteQueue, failed: (error: Error) => void) {
    this.#path = path;
    this.#handle = handle;
    this.#turns = turns;
    this.#failed = failed;
  }

  /**
   * @param path its name when it is whole; no file may have that name
   * @param failed called once when it cannot be written any more
   * @throws Error of the system call
   */
  static async create(
    path: string,
    firstLine: string,
    turns: WriteQueue,
    failed: (error: Error) => void,
  ): Promise<CastFile> {
    const handle = await turns.take(() => open(`${path}${RUNNING}`, 'ax', 0o600));
    const file = new CastFile(path, handle, turns, failed);
    try {
      const bytes = Buffer.from(firstLine);
      await turns.take(() => handle.appendFile(bytes));
      file.#written = bytes.length;
    } catch (error) {
      await file.discard();
      throw error;
    }
    return file;
  }

  /** Bytes written and bytes waiting. */
  get bytes(): number {
    return this.#written + this.#waiting;
  }

  /**
   * @param line one line or several
   * @param must takes it also when too much waits already
   * @returns whether it was taken
   */
  append(line: string, { must = false } = {}): boolean {
    const bytes = Buffer.byteLength(line);
    const room = this.#waiting + bytes <= MOST_WAITING && this.#turns.fits(bytes);
    if (this.#broken || this.#closed !== null || !(room || must)) return false;
    this.#lines.push(line);
    this.#wait(bytes);
    if (this.#waiting >= FLUSH.bytes) this.#flush();
    else this.#soon();
    return true;
  }

  /** Writes what waits and gives the file its final name. Never rejects. Twice is harmless. */
  end(): Promise<void> {
    return (this.#closed ??= this.#close(() => rename(`${this.#path}${RUNNING}`, this.#path)));
  }

  /** Removes the file. Never rejects. */
  discard(): Promise<void> {
    this.#lines = [];
    return (this.#closed ??= this.#close(() => rm(`${this.#path}${RUNNING}`, { force: true })));
  }

  async #close(last: () => Promise<void>): Promise<void> {
    this.#flush();
    while (this.#writing !== null) {
      await this.#writing;
      this.#flush();
    }
    await this.#turns
      .take(async () => {
        // Cut off what could not be written whole.
        if (this.#broken) await this.#handle.truncate(this.#written).catch(() => undefined);
        await this.#handle.close();
        await last();
      })
      .catch(() => undefined);
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#writing !== null || this.#lines.length === 0) return;
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#writing = this.#turns
      .take(() => this.#handle.appendFile(bytes))
      .then(
        () => {
          this.#wait(-bytes.length);
          this.#written += bytes.length;
        },
        (error: unknown) => {
          this.#wait(-bytes.length);
          this.#break(error as Error);
        },
      )
      .then(() => {
        this.#writing = null;
        if (this.#waiting >= FLUSH.bytes) this.#flush();
        else if (this.#lines.length > 0) this.#soon();
      });
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#flush();
    }, FLUSH.milliseconds);
  }

  #break(error: Error): void {
    this.#broken = true;
    this.#wait(-this.#waiting);
    this.#lines = [];
    this.#failed(error);
  }

  #wait(bytes: number): void {
    this.#waiting += bytes;
    this.#turns.waiting += bytes;
  }
}
