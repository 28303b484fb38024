import type { AuditKind, AuditRow } from '../store/audit-event.js';
import type { Log } from './log.js';

/** The store's keys, as far as their expiry goes. */
export interface ExpiringKeys {
  /** When the next key expires, ISO 8601; null when none will. */
  nextExpiry(): string | null;
}

/** The longest that a timer of Node can wait; then it is looked at anew. Milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1;

const CHANGING: readonly AuditKind[] = ['key.added', 'key.removed', 'key.expiry.set'];

/** Wakes whoever asks for rights again when a key expires under the sessions that came with it. */
export class KeyExpiryWatch {
  readonly #keys: ExpiringKeys;
  readonly #expired: () => void;
  readonly #log: Log;
  #timer: NodeJS.Timeout | null = null;

  constructor(keys: ExpiringKeys, expired: () => void, log: Log) {
    this.#keys = keys;
    this.#expired = expired;
    this.#log = log;
  }

  start(): void {
    this.close();
    const next = this.#keys.nextExpiry();
    if (next === null) return;
    const rest = Math.max(0, Date.parse(next) - Date.now());
    this.#timer = setTimeout(
      () => {
        this.#log.info({ at: next }, 'a key has expired');
        this.#expired();
        this.start();
      },
      Math.min(rest + 1, LONGEST_WAIT),
    );
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** For the audit log's `onAppend`. */
  heard({ event: { kind } }: AuditRow): void {
    if (CHANGING.includes(kind)) this.start();
  }
}
