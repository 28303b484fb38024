import { SerialQueue } from '../../wire/serial-queue.js';

/** The most that may wait to be written, of all recordings together. Bytes. */
const MOST_WAITING = 32 * 1024 * 1024;

/**
 * Recordings write in turn. A disk that hangs takes one thread of Node's and so much memory, and holds up
 * nobody else.
 */
export class WriteQueue {
  readonly #turns = new SerialQueue();
  /** Bytes that wait, of all recordings together. */
  waiting = 0;

  fits(bytes: number): boolean {
    return this.waiting + bytes <= MOST_WAITING;
  }

  /** Runs `work` after everything that was asked for before. */
  take<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(work);
  }
}
