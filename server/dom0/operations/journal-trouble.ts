import type { HostClock } from '../scheduling/host-clock.js';
import type { Logger } from '../../wire/logger.js';

const FIRST_TRY_MS = 1_000;
const LAST_TRY_MS = 60_000;

/** Since when the journal cannot be written, and why. */
export interface JournalTrouble {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly why: string;
}

interface TroubleWatchParts {
  /** Rejects while the disk refuses writes. Never runs twice at once. */
  readonly probe: () => Promise<void>;
  readonly clock: () => number;
  readonly host: Pick<HostClock, 'after'>;
  readonly logger: Logger;
}

/**
 * Remembers since when the disk refuses writes, and probes it until it accepts one, even when nobody asks for
 * anything.
 */
export class TroubleWatch {
  readonly #parts: TroubleWatchParts;
  #trouble: JournalTrouble | null = null;
  #cancel: (() => void) | null = null;
  #closed = false;

  constructor(parts: TroubleWatchParts) {
    this.#parts = parts;
  }

  get trouble(): JournalTrouble | null {
    return this.#trouble;
  }

  failed(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#trouble = { since: this.#trouble?.since ?? this.#parts.clock(), why };
    if (this.#cancel === null) this.#tryIn(FIRST_TRY_MS);
  }

  passed(): void {
    if (this.#trouble !== null) this.#parts.logger.info({}, 'journal.writable');
    this.#trouble = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Stops probing. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #tryIn(ms: number): void {
    if (this.#closed) return;
    this.#cancel = this.#parts.host.after(ms, () => {
      this.#parts.probe().then(
        () => {
          this.passed();
        },
        () => {
          if (this.#trouble !== null) this.#tryIn(Math.min(ms * 2, LAST_TRY_MS));
        },
      );
    });
  }
}
