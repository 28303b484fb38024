import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostClock } from '../scheduling/host-clock.js';
import { readPlainFile } from './plain-file.js';
import { SerialQueue } from '../../wire/serial-queue.js';

/** A call is late when so many calls to `/`, each asked this long after the one before, were answered and it was not. */
const ROUNDS = 10;
const ROUND_MS = 100;
/** The longest wait where those are not answered either. */
const SILENCE_MS = 30_000;
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
 * entries in it fail at once. Calls to `/` tell a file system that hangs from a process that hardly runs, was stopped,
 * or has no thread free: they go the same way, and then they are late as well.
 */
export class ForeignFiles implements FileCalls {
  readonly #host: Pick<HostClock, 'after'>;
  readonly #calls: FileCalls;
  readonly #witness: () => Promise<unknown>;
  readonly #mostHanging: number;
  readonly #hanging = new Set<string>();
  readonly #turns = new SerialQueue();

  /** @param witness a call to a file system that answers */
  constructor(
    host: Pick<HostClock, 'after'>,
    calls: FileCalls = LOCAL_FILES,
    threads = THREADS,
    witness: () => Promise<unknown> = () => stat('/'),
  ) {
    this.#host = host;
    this.#calls = calls;
    this.#witness = witness;
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
      cancel = this.#whenLate(() => {
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

  /** Calls once, when a call that begins now is late. @returns cancels the call */
  #whenLate(call: () => void): () => void {
    let isOver = false;
    let cancelRound: () => void = () => undefined;
    const end = (): void => {
      isOver = true;
      cancelRound();
      cancelSilence();
    };
    const giveUp = (): void => {
      if (isOver) return;
      end();
      call();
    };
    const cancelSilence = this.#host.after(SILENCE_MS, giveUp);
    const round = (answered: number): void => {
      if (isOver) return;
      if (answered === ROUNDS) giveUp();
      else
        cancelRound = this.#host.after(ROUND_MS, () => {
          const next = (): void => {
            round(answered + 1);
          };
          this.#witness().then(next, next);
        });
    };
    round(0);
    return end;
  }
}

export const LOCAL_FILES: FileCalls = {
  stat: (path) => stat(path, { bigint: true }),
  lstat: (path) => lstat(path, { bigint: true }),
  readdir: (path) => readdir(path),
  read: readPlainFile,
};
