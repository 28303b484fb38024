import type { CustomerActor } from '../../store/audit-actor.js';
import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { ConsoleMode } from '../../wire/console.js';
import type { Logger } from '../../wire/logger.js';
import { actorOf } from '../audit/customer-actor.js';
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

  /** The customer leaves, and a shell seems to be logged in. */
  leftLoggedIn(): void {
    const { domain, operation, identity } = this.#demanded;
    this.#append({ kind: 'console.left.logged-in', actor: actorOf(identity), domain, operation });
  }

  #record(
    kind: 'console.attached' | 'console.detached' | 'console.taken',
    { domain, operation, identity }: DemandedPermit,
    mode: ConsoleMode,
  ): void {
    this.#append({ kind, actor: actorOf(identity), domain, mode, operation });
  }

  #append(event: AuditEvent & { readonly actor: CustomerActor }): void {
    try {
      this.#parts.audit.append(event);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      const { kind, actor } = event;
      this.#parts.log.error({ kind, connection: actor.connection }, 'audit.unwritable');
    }
  }
}
