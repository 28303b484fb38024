import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { DomainView } from '../../wire/domain.js';
import type { Logger } from '../../wire/logger.js';
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
    this.#unsubscribe = parts.hosts.onEvent(({ host, event }) => {
      if (event.event === 'reachable') for (const view of host.domains.values()) this.#take(host.name, view);
      if (event.event !== 'domain') return;
      const view = host.domains.get(event.name);
      if (view !== undefined) this.#take(host.name, view);
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  /** What cannot be recorded now is tried again when the host tells of the domain next, every few seconds. */
  #take(host: string, { name: domain, lastEnding }: DomainView): void {
    if (lastEnding === undefined || lastEnding === null || lastEnding.cause !== 'rescue-end') return;
    const { id: operation, phase: outcome, verb, by: customer, failure } = lastEnding;
    if (outcome === 'queued' || outcome === 'running') return;
    const key = `${host} ${domain}`;
    if (this.#recorded.get(key) === operation) return;
    const { audit, log } = this.#parts;
    const detail = failure === null ? null : failure.detail === '' ? failure.message : failure.detail;
    const by = verb === 'normal' ? 'normal' : 'shutdown';
    const code = failure?.code ?? null;
    try {
      if (!audit.has(operation, 'rescue.ended'))
        audit.append({ kind: 'rescue.ended', customer, domain, operation, host, by, outcome, code, detail });
      this.#recorded.set(key, operation);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      log.error({ operation, domain, host }, 'rescue.end-not-recorded');
    }
  }
}
