import type { HostClock } from '../scheduling/host-clock.js';
import type { Logger } from '../../wire/logger.js';
import type { OperationEvent } from './journal-record.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;

interface PendingRecordsParts {
  /** Writes to the journal, and enters it in the registry. */
  readonly note: (event: OperationEvent) => Promise<void>;
  /** Called for each record after it was written. */
  readonly written: (event: OperationEvent) => void;
  readonly host: Pick<HostClock, 'after'>;
  readonly logger: Logger;
}

/**
 * Records of past events, such as an end. Where the journal cannot be written, they wait in order and are
 * retried until they are in it.
 */
export class PendingRecords {
  readonly #parts: PendingRecordsParts;
  readonly #waiting: OperationEvent[] = [];
  #flushing: Promise<void> | null = null;
  #wait = FIRST_RETRY_MS;
  #cancel: (() => void) | null = null;
  #stopped = false;

  constructor(parts: PendingRecordsParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** @returns whether it is in the journal now; if not, it will be retried */
  async write(event: OperationEvent): Promise<boolean> {
    this.#waiting.push(event);
    await this.flush();
    return !this.#waiting.includes(event);
  }

  /** Tries to write all waiting records now. */
  async flush(): Promise<void> {
    while (this.#flushing !== null) await this.#flushing;
    if (this.#waiting.length === 0) return;
    this.#flushing = this.#flush();
    try {
      await this.#flushing;
    } finally {
      this.#flushing = null;
    }
  }

  /** Stops retrying. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    for (let event = this.#waiting[0]; event !== undefined; event = this.#waiting[0]) {
      try {
        await this.#parts.note(event);
      } catch (error) {
        this.#parts.logger.error({ err: error, waiting: this.#waiting.length }, 'journal.unwritable');
        this.#retry();
        return;
      }
      this.#waiting.shift();
      this.#parts.written(event);
    }
    this.#wait = FIRST_RETRY_MS;
  }

  #retry(): void {
    if (this.#stopped) return;
    this.#cancel = this.#parts.host.after(this.#wait, () => {
      this.#cancel = null;
      void this.flush();
    });
    this.#wait = Math.min(this.#wait * 2, LAST_RETRY_MS);
  }
}
