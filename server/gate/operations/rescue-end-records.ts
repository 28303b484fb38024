import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { DomainView } from '../../wire/domain.js';
import type { Logger } from '../../wire/logger.js';
import { onDomainNews } from '../hosts/domain-news.js';
import type { HostsEvent } from '../hosts/hosts.js';
import type { Unsubscribe } from '../session/terminal.js';

interface RescueEndRecordsParts {
  readonly hosts: { onEvent(listener: (event: HostsEvent) => void): Unsubscribe };
  readonly audit: {
    /** @throws AuditUnavailableError */
    append(event: AuditEvent): unknown;
    has(operation: string, kind: AuditEvent['kind']): boolean;
  };
  readonly log: Logger;
}

/**
 * Records in the audit log how hosts ended rescues, which nobody asked the gate for. Each host tells the last
 * one of each domain, so one that ended while no gate ran is recorded by the next.
 */
export class RescueEndRecords {
  readonly #parts: RescueEndRecordsParts;
  /** The last one that is recorded, by host and domain. */
  readonly #recorded = new Map<string, string>();
  readonly #unsubscribe: Unsubscribe;

  constructor(parts: RescueEndRecordsParts) {
    this.#parts = parts;
    this.#unsubscribe = onDomainNews({
      hosts: parts.hosts,
      loads: false,
      take: (host, view) => this.#take(host, view),
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  /** @returns false when it could not be recorded */
  #take(host: string, { name: domain, lastEnding }: DomainView): boolean {
    if (lastEnding === undefined || lastEnding === null || lastEnding.cause !== 'rescue-end') return true;
    const { id: operation, phase: outcome, verb, by: customer, failure } = lastEnding;
    if (outcome === 'queued' || outcome === 'running') return true;
    const key = `${host} ${domain}`;
    if (this.#recorded.get(key) === operation) return true;
    const { audit, log } = this.#parts;
    const detail = failure === null ? null : failure.detail === '' ? failure.message : failure.detail;
    const by = verb === 'normal' ? 'normal' : 'shutdown';
    const code = failure?.code ?? null;
    try {
      if (!audit.has(operation, 'rescue.ended'))
        audit.append({ kind: 'rescue.ended', customer, domain, operation, host, by, outcome, code, detail });
      this.#recorded.set(key, operation);
      return true;
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      log.error({ operation, domain, host }, 'rescue.end-not-recorded');
      return false;
    }
  }
}
