import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { ConsoleMode } from '../../wire/console.js';
import type { Logger } from '../../wire/logger.js';
import { actorOf } from '../access/authorize.js';
import type { DemandedPermit } from '../access/authorize.js';

export interface AttachmentAuditParts {
  /** @throws AuditUnavailableError */
  readonly audit: { append(event: AuditEvent): unknown };
  readonly log: Logger;
}

/** Records who is at a console. Looking at it must not wait for room on the disk. */
export class AttachmentAudit {
  readonly #parts: AttachmentAuditParts;
  readonly #demanded: DemandedPermit;
  readonly #mode: ConsoleMode;

  /** @param demanded the permit to be at the console */
  constructor(parts: AttachmentAuditParts, demanded: DemandedPermit, mode: ConsoleMode) {
    this.#parts = parts;
    this.#demanded = demanded;
    this.#mode = mode;
  }

  attached(): void {
    this.#record('console.attached', this.#demanded, this.#mode);
  }

  /** @param demanded the permit with which the keyboard was taken */
  taken(demanded: DemandedPermit): void {
    this.#record('console.taken', demanded, 'write');
  }

  detached(): void {
    this.#record('console.detached', this.#demanded, this.#mode);
  }

  #record(
    kind: 'console.attached' | 'console.detached' | 'console.taken',
    { domain, operation, identity }: DemandedPermit,
    mode: ConsoleMode,
  ): void {
    try {
      this.#parts.audit.append({ kind, actor: actorOf(identity), domain, mode, operation });
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#parts.log.error({ kind, connection: identity.connection }, 'cannot be recorded in the audit log');
    }
  }
}
