import type { CustomerName } from '../../../policy/names.js';
import type { AuditRow } from '../../store/audit-event.js';
import { Listeners } from '../session/listeners.js';
import type { Logger } from '../../wire/logger.js';
import type { Unsubscribe } from '../session/terminal.js';

/** The customers and domains that the audit rows of one turn named. */
interface NamedByAudit {
  readonly customers: ReadonlySet<CustomerName>;
  readonly domains: ReadonlySet<string>;
}

/** Tells everybody once what a transaction named, however many rows it has. */
export class AuditNotifier {
  readonly #listeners: Listeners<NamedByAudit>;
  #customers = new Set<CustomerName>();
  #domains = new Set<string>();
  #soon = false;

  constructor(log: Logger) {
    this.#listeners = new Listeners((fault) => {
      log.error({ err: fault }, 'session.not-told');
    });
  }

  onNews(listener: (named: NamedByAudit) => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  /** For the audit log's `onAppend`. */
  heard({ event }: AuditRow): void {
    if ('customer' in event) this.#customers.add(event.customer);
    if ('domain' in event) {
      this.#domains.add(event.domain);
      // It may fill a limit that counts over all domains of who did it.
      if ('actor' in event && event.actor !== null && 'customer' in event.actor)
        this.#customers.add(event.actor.customer);
    }
    if (this.#soon) return;
    this.#soon = true;
    // Let the other rows of the transaction be heard first.
    queueMicrotask(() => {
      this.#tell();
    });
  }

  #tell(): void {
    const named = { customers: this.#customers, domains: this.#domains };
    this.#soon = false;
    this.#customers = new Set();
    this.#domains = new Set();
    this.#listeners.emit(named);
  }
}
