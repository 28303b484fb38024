import { SerialQueue } from '../../wire/serial-queue.js';

/** What may wait to be written, of all recordings together. Bytes. */
const MOST_WAITING = 32 * 1024 * 1024;

/** The recordings write in turn: a disk that hangs holds one thread of Node's and so much memory, and nobody else up. */
export class WriteQueue {
  readonly #turns = new SerialQueue();
  /** Bytes that wait, of all recordings. */
  waiting = 0;

  fits(bytes: number): boolean {
    return this.waiting + bytes <= MOST_WAITING;
  }

  /** Does it after all that were asked for before. */
  take<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(work);
  }
}
