import type { AuditEvent } from '../../store/audit-event.js';
import type { AuditLog } from '../ssh/login-record.js';
import type { FromWorker } from './messages.js';
import type { Outbox } from './outbox.js';

interface Waiting {
  readonly event: AuditEvent;
  readonly written: () => void;
  readonly failed: (fault: Error) => void;
}

/** How long a row may wait that nobody waits for. Milliseconds. */
const LATER_MS = 20;

/**
 * The audit log for logins and sessions, in a worker: the coordinator writes their rows, those of all workers together.
 * So a turn of any worker waits for no disk.
 */
export class ToldAudit implements AuditLog {
  readonly #outbox: Outbox<FromWorker>;
  readonly #batches = new Map<number, readonly Waiting[]>();
  #waiting: Waiting[] = [];
  #soon: NodeJS.Immediate | null = null;
  #later: NodeJS.Timeout | null = null;
  #last = 0;
  #settled: (() => void) | null = null;

  constructor(outbox: Outbox<FromWorker>) {
    this.#outbox = outbox;
  }

  appendSoon(event: AuditEvent): Promise<void> {
    this.#soon ??= setImmediate(() => {
      this.#tell();
    });
    return this.#add(event);
  }

  appendLater(event: AuditEvent): Promise<void> {
    if (this.#soon === null)
      this.#later ??= setTimeout(() => {
        this.#tell();
      }, LATER_MS);
    return this.#add(event);
  }

  /** For the coordinator's answer. */
  appended(batch: number, faults: readonly (string | null)[]): void {
    const all = this.#batches.get(batch) ?? [];
    this.#batches.delete(batch);
    for (const [at, { written, failed }] of all.entries()) {
      const fault = faults[at] ?? null;
      if (fault === null) written();
      else failed(new Error(fault));
    }
    if (this.#batches.size === 0) this.#settled?.();
  }

  /** Resolves when all rows are written, or after so many milliseconds. */
  async settle(ms: number): Promise<void> {
    this.#tell();
    if (this.#batches.size === 0) return;
    await new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, ms);
      this.#settled = () => {
        clearTimeout(patience);
        resolve();
      };
    });
  }

  #add(event: AuditEvent): Promise<void> {
    return new Promise((written, failed) => {
      this.#waiting.push({ event, written, failed });
    });
  }

  #tell(): void {
    if (this.#soon !== null) clearImmediate(this.#soon);
    if (this.#later !== null) clearTimeout(this.#later);
    this.#soon = this.#later = null;
    if (this.#waiting.length === 0) return;
    const all = this.#waiting;
    this.#waiting = [];
    this.#last += 1;
    this.#batches.set(this.#last, all);
    this.#outbox.post({ kind: 'append', batch: this.#last, events: all.map(({ event }) => event) });
    this.#outbox.flush();
  }
}
