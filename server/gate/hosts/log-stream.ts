import type { IncomingMessage } from 'node:http';
import type { LogHead } from './log-answer.js';

/** A log as the guest wrote it, read as fast as the reader takes it. The reader must close it. */
export class LogStream {
  /**
   * Null where the host keeps no log on its disk: the bytes are then the last of what was said, from memory.
   */
  readonly head: LogHead | null;
  readonly #response: IncomingMessage;

  constructor(head: LogHead | null, response: IncomingMessage) {
    this.head = head;
    this.#response = response;
    // The reader of `bytes` gets the error.
    response.on('error', () => undefined);
  }

  /** Can be read once. @throws Error when the host is lost, or the log was closed meanwhile */
  get bytes(): AsyncIterable<Buffer> {
    return this.#response;
  }

  /** Twice is harmless. */
  close(): void {
    this.#response.destroy();
  }
}
