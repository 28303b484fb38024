import type { IncomingMessage } from 'node:http';
import type { LogHead } from './log-answer.js';

/** A log as it comes, as the guest said it: read as fast as it is taken. It must be closed. */
export class LogStream {
  /** Null where the host keeps no log on its disk: it is the last of what was said, from memory. */
  readonly head: LogHead | null;
  readonly #response: IncomingMessage;

  constructor(head: LogHead | null, response: IncomingMessage) {
    this.head = head;
    this.#response = response;
    // What breaks it is found by who reads.
    response.on('error', () => undefined);
  }

  /** Once. @throws Error when the host is lost, or it was closed meanwhile */
  get bytes(): AsyncIterable<Buffer> {
    return this.#response;
  }

  /** Twice is harmless. */
  close(): void {
    this.#response.destroy();
  }
}
