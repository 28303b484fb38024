import type { Refusal } from '../../../policy/refusal.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { AuditEvent } from '../../store/audit-event.js';
import type { RoleRow } from '../../store/records.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { actorOf } from '../audit/customer-actor.js';
import type { Authorizer } from '../access/authorize.js';
import type { RateLimit } from '../access/customer-rate-limit.js';
import type { Identity } from '../session/identity.js';
import type { Logger } from '../../wire/logger.js';
import * as recordingWords from '../text/recording-words.js';
import type { RecordingName } from '../recording/recording-name.js';
import { isRecordingId } from '../recording/recording-name.js';
import type { Recording, RecordingStore } from '../recording/recording-store.js';
import { printable } from '../../../policy/printable.js';

interface OwnRecordingsParts {
  readonly recordingStore: RecordingStore;
  readonly authorizer: Authorizer;
  readonly roles: { find(customer: CustomerName, domain: DomainName): RoleRow | undefined };
  readonly customers: { find(customer: CustomerName): { readonly namedAt: string } | undefined };
  /** @throws AuditUnavailableError */
  readonly audit: { append(event: AuditEvent): unknown };
  readonly rateLimit: RateLimit;
  readonly log: Logger;
}

/**
 * A customer's own recordings: of their own attachments, to domains that they may see, since they have their
 * role. Somebody else's recording and one that does not exist get the same answer.
 */
export class OwnRecordings {
  readonly #parts: OwnRecordingsParts;

  constructor(parts: OwnRecordingsParts) {
    this.#parts = parts;
  }

  /** Oldest first. @throws Error when the directory cannot be read */
  async list(identity: Identity): Promise<readonly Recording[]> {
    return this.#parts.recordingStore.list(this.#mine(identity));
  }

  /**
   * Gives one of them for reading, and records that.
   *
   * @param id as the customer spelt it
   */
  async take(identity: Identity, id: string): Promise<Recording | Refusal> {
    const tooFast = this.#parts.rateLimit.check(identity.customer);
    if (tooFast !== null) return tooFast;
    const mine = this.#mine(identity);
    const found = isRecordingId(id) ? await this.#parts.recordingStore.find(id) : undefined;
    const actor = actorOf(identity);
    if (found === undefined || !mine(found)) {
      const detail = found === undefined ? 'there is none' : `it is of ${found.customer} on ${found.domain}`;
      this.#record({ kind: 'recording.denied', actor, recording: printable(id, 80), detail });
      return recordingWords.noSuchRecording(detail);
    }
    const { customer, domain } = found;
    this.#record({ kind: 'recording.exported', actor, customer, domain, recording: id });
    return found;
  }

  #mine(identity: Identity): (recording: RecordingName) => boolean {
    const since = new Map<DomainName, string | null>();
    return ({ customer, domain, begunAt }) => {
      if (customer !== identity.customer || (identity.domain ?? domain) !== domain) return false;
      const known = since.get(domain);
      const begin = known === undefined ? this.#since(identity, domain) : known;
      since.set(domain, begin);
      return begin !== null && begunAt > begin;
    };
  }

  /** @returns null when the customer may not see the domain */
  #since(identity: Identity, domain: DomainName): string | null {
    const { authorizer, roles, customers } = this.#parts;
    if (authorizer.check(identity, { action: 'status', domain, profile: null }) !== null) return null;
    const role = roles.find(identity.customer, domain);
    const named = customers.find(identity.customer)?.namedAt;
    if (role === undefined || named === undefined) return null;
    // Under this name there may be recordings of an earlier customer.
    return role.since > named ? role.since : named;
  }

  /** Reading goes on when the audit log cannot be written. */
  #record(event: AuditEvent): void {
    try {
      this.#parts.audit.append(event);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#parts.log.error({ kind: event.kind }, 'audit.unwritable');
    }
  }
}
