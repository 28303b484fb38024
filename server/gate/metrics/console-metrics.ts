import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { ConsoleUse } from '../console/console-meter.js';

/** What goes through consoles, and how fast they answer. */
export class ConsoleMetrics {
  readonly #bytes;
  readonly #echoes;

  constructor(registry: Registry) {
    this.#bytes = new Counter({
      name: 'postern_console_bytes_total',
      help: 'Bytes through consoles: of guests to customers, and typed by customers.',
      labelNames: ['direction'],
      registers: [registry],
    });
    this.#echoes = new Histogram({
      name: 'postern_echo_delay_seconds',
      help: 'Seconds from a key that reached the gate until the guest’s console said something.',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
      registers: [registry],
    });
    for (const direction of ['out', 'in']) this.#bytes.inc({ direction }, 0);
  }

  /** @param use since the last scrape; null: nothing */
  take(use: ConsoleUse | null): void {
    if (use === null) return;
    this.#bytes.inc({ direction: 'out' }, use.toCustomers);
    this.#bytes.inc({ direction: 'in' }, use.toGuests);
    for (const seconds of use.echoes) this.#echoes.observe(seconds);
  }
}
