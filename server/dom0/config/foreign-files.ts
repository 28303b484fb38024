import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostClock } from '../scheduling/host-clock.js';
import { readPlainFile } from './plain-file.js';
import { SerialQueue } from '../../wire/serial-queue.js';

/** The longest wait for a file system call. */
const PATIENCE_MS = 1_000;
/**
 * Each hanging call blocks a thread of the process, and the journal and the console logs need threads too.
 */
const THREADS = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);

/** A file system does not answer, as NFS while its server is down. */
export class NoAnswerError extends Error {
  constructor() {
    super('its file system does not answer');
  }
}

/** The file system calls that we need, as in node:fs/promises. */
export interface FileCalls {
  stat(path: string): Promise<BigIntStats>;
  lstat(path: string): Promise<BigIntStats>;
  readdir(path: string): Promise<string[]>;
  /** At most `limit` bytes. @throws NotPlainError for a larger file, and for one that is not plain */
  read(path: string, limit: number): Promise<Buffer>;
}

/**
 * Access to other people's files, on file systems that may hang. It makes one call at a time. A call
 * that takes too long fails with a NoAnswerError. Until it returns, calls for its path and for
 * entries in it fail at once.
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

export const LOCAL_FILES: FileCalls = {
  stat: (path) => stat(path, { bigint: true }),
  lstat: (path) => lstat(path, { bigint: true }),
  readdir: (path) => readdir(path),
  read: readPlainFile,
};
