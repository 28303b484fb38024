import type { AuditRow } from '../../store/audit-event.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import { Listeners } from '../session/listeners.js';
import type { Logger } from '../../wire/logger.js';
import type { Unsubscribe } from '../session/terminal.js';

/** The store, as far as maintenance goes. */
interface MaintenanceStore {
  get(): MaintenanceRow | null;
  /** @throws AuditUnavailableError */
  expire(): boolean;
}

/** The longest that a timer of Node can wait; then it is looked at anew. Milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1;

/**
 * Tells of the beginning and the end of maintenance, for what is shown of it. What is refused meanwhile does not hang on it:
 * `authorize` reads the store.
 */
export class MaintenanceWatch {
  readonly #store: MaintenanceStore;
  readonly #log: Logger;
  readonly #listeners: Listeners<MaintenanceRow | null>;
  #timer: NodeJS.Timeout | null = null;

  constructor(store: MaintenanceStore, log: Logger) {
    this.#store = store;
    this.#log = log;
    this.#listeners = new Listeners((fault) => {
      log.error({ err: fault }, 'a listener to maintenance failed');
    });
  }

  /** Null when it is not on. */
  get current(): MaintenanceRow | null {
    return this.#store.get();
  }

  /** Puts away what is over, and waits for the end of what is not. */
  start(): void {
    this.#expire();
    this.#wait();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  onChange(listener: (row: MaintenanceRow | null) => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  /** For the audit log's `onAppend`. */
  heard({ event: { kind } }: AuditRow): void {
    if (kind !== 'maintenance.began' && kind !== 'maintenance.ended') return;
    this.#wait();
    this.#listeners.emit(this.current);
  }

  #wait(): void {
    this.close();
    const until = this.current?.until ?? null;
    if (until === null) return;
    const rest = Math.max(0, Date.parse(until) - Date.now());
    this.#timer = setTimeout(
      new FaultGuard(this.#log).on('maintenance', () => {
        this.#expire();
        this.#wait();
      }),
      Math.min(rest + 1, LONGEST_WAIT),
    );
  }

  /** It is over although that cannot be recorded: the next start does. */
  #expire(): void {
    try {
      this.#store.expire();
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#log.error({ err: fault }, 'the end of maintenance cannot be recorded in the audit log');
      this.#listeners.emit(this.current);
    }
  }
}
