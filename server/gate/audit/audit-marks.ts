import { FaultGuard } from '../../wire/fault-guard.js';
import type { Logger } from '../../wire/logger.js';

/** A row is noted at most this long after it was written. Milliseconds. */
const MARK_MS = 60_000;

/**
 * Notes the head of the audit log in the ordinary log, which is kept elsewhere: in journald, or on the
 * machine that it sends to. Anyone who later cuts rows off the end of the database cannot take back what was
 * noted there. `postern audit verify --mark` compares.
 */
export class AuditMarks {
  readonly #audit: { head(): { readonly seq: number; readonly hash: string } };
  readonly #log: Logger;
  readonly #guard: FaultGuard;
  #noted = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(audit: { head(): { readonly seq: number; readonly hash: string } }, log: Logger) {
    this.#audit = audit;
    this.#log = log;
    this.#guard = new FaultGuard(log);
  }

  /** For the audit log's `onAppend`. */
  readonly heard = (): void => {
    this.#timer ??= setTimeout(
      this.#guard.on('mark', () => {
        this.#timer = null;
        this.note();
      }),
      MARK_MS,
    ).unref();
  };

  /** Notes it now, if there is a new row. */
  note(): void {
    const { seq, hash } = this.#audit.head();
    if (seq === this.#noted) return;
    this.#noted = seq;
    this.#log.info({ mark: `${seq}:${hash}` }, 'audit.mark');
  }

  /** Notes what is not noted yet. Twice is harmless. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.note();
  }
}
