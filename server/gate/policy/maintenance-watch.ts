import type { AuditRow } from '../../store/audit-event.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import { Listeners } from '../session/listeners.js';
import type { Logger } from '../../wire/logger.js';
import type { Unsubscribe } from '../session/terminal.js';

/** The store, as maintenance needs it. */
interface MaintenanceStore {
  get(): MaintenanceRow | null;
  /** @throws AuditUnavailableError */
  expire(): boolean;
}

/** The longest that a timer of Node can wait; then the watch looks again. Milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1;

/**
 * Tells when maintenance begins and ends, for what is shown of it. Refusals do not depend on it: `authorize`
 * reads the store.
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
      log.error({ to: 'maintenance', err: fault }, 'listener.fault');
    });
  }

  /** Null when there is no maintenance. */
  get current(): MaintenanceRow | null {
    return this.#store.get();
  }

  /** Ends maintenance that is over, and waits for the end of one that is not. */
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

  /** It is over even when that cannot be recorded; the next start records it. */
  #expire(): void {
    try {
      this.#store.expire();
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#log.error({ err: fault }, 'maintenance.end-not-recorded');
      this.#listeners.emit(this.current);
    }
  }
}
