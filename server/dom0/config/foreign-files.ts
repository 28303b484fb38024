import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostClock } from '../scheduling/host-clock.js';
import { readPlainFile } from './plain-file.js';
import { SerialQueue } from '../../wire/serial-queue.js';

/** A call to a file system is waited for so long. */
const PATIENCE_MS = 1_000;
/** Each call that hangs keeps a thread of the process, without which the journal and the consoles' logs cannot be written either. */
const THREADS = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);

/** A file system does not answer, as NFS does while its server is away. */
export class NoAnswerError extends Error {
  constructor() {
    super('its file system does not answer');
  }
}

/** What is asked of a file system. As node:fs/promises. */
export interface FileCalls {
  stat(path: string): Promise<BigIntStats>;
  lstat(path: string): Promise<BigIntStats>;
  readdir(path: string): Promise<string[]>;
  /** At most so many bytes. @throws NotPlainError for more, and for what is no plain file */
  read(path: string, limit: number): Promise<Buffer>;
}

/**
 * Files of somebody else's, on file systems that may hang. One call at a time; a call that takes too long is given up with a NoAnswerError,
 * and until it returns, its path and what lies in it get the same at once.
 */
export class ForeignFiles implements FileCalls {
  readonly #host: Pick<HostClock, 'after'>;
  readonly #calls: FileCalls;
  readonly #mostHanging: number;
  readonly #hanging = new Set<string>();
  readonly #turns = new SerialQueue();

  constructor(host: Pick<HostClock, 'after'>, calls: FileCalls = LOCAL_FILES, threads = THREADS) {
    this.#host = host;
    this.#calls = calls;
    this.#mostHanging = Math.max(1, Math.floor(threads / 2));
  }

  stat(path: string): Promise<BigIntStats> {
    return this.#inTurn(path, () => this.#calls.stat(path));
  }

  lstat(path: string): Promise<BigIntStats> {
    return this.#inTurn(path, () => this.#calls.lstat(path));
  }

  readdir(path: string): Promise<string[]> {
    return this.#inTurn(path, () => this.#calls.readdir(path));
  }

  read(path: string, limit: number): Promise<Buffer> {
    return this.#inTurn(path, () => this.#calls.read(path, limit));
  }

  #inTurn<T>(path: string, call: () => Promise<T>): Promise<T> {
    return this.#turns.run(() => this.#within(path, call));
  }

  async #within<T>(path: string, call: () => Promise<T>): Promise<T> {
    const hangs = this.#hanging.has(path) || this.#hanging.has(dirname(path));
    if (hangs || this.#hanging.size >= this.#mostHanging) throw new NoAnswerError();
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.#host.after(PATIENCE_MS, () => {
        this.#hanging.add(path);
        reject(new NoAnswerError());
      });
    });
    const called = call().finally(() => {
      cancel();
      this.#hanging.delete(path);
    });
    return Promise.race([called, late]);
  }
}

/** As node:fs/promises does it. */
export const LOCAL_FILES: FileCalls = {
  stat: (path) => stat(path, { bigint: true }),
  lstat: (path) => lstat(path, { bigint: true }),
  readdir: (path) => readdir(path),
  read: readPlainFile,
};
