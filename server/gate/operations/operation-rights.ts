import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { AuditRow } from '../../store/audit-event.js';
import type { GroundsOfOperations, OperationGrounds } from '../../store/operation-grounds.js';
import type { Customer, RoleRow } from '../../store/records.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { Contract } from '../../wire/contract.js';
import type { Logger } from '../../wire/logger.js';
import type { Authorizer, DemandedPermit, Requester } from '../access/authorize.js';
import type { AccessRequest } from '../access/verdict.js';
import { restoredCertificate, storedCertificate } from '../certificates/login-certificate.js';
import * as words from '../text/words.js';
import { GroundedRight } from './operation-right.js';
import type { OperationRight } from './operation-right.js';
import { keyOfLine, seedOf } from './seed-keys.js';
import type { SeedKeys } from './seed-keys.js';
import { UngroundedRight } from './ungrounded-right.js';

/** The services that rights are asked of. */
export interface OperationRightsParts {
  readonly authorizer: Pick<Authorizer, 'verdictOn' | 'circumstancesNow'>;
  readonly seedKeys: Pick<SeedKeys, 'usable'>;
  readonly grounds: Pick<GroundsOfOperations, 'keep' | 'all' | 'drop'>;
  readonly roles: { find(customer: CustomerName, domain: DomainName): RoleRow | undefined };
  readonly customers: { find(name: CustomerName): Customer | undefined };
  readonly log: Logger;
}

/** The rights to operations. What each rests on is kept, so that the next gate can ask as well. */
export class OperationRights {
  readonly #parts: OperationRightsParts;
  readonly #grounds = new Map<string, OperationGrounds>();

  constructor(parts: OperationRightsParts) {
    this.#parts = parts;
  }

  /**
   * The right to what a permit allows. Keys of earlier tries belong to it as well.
   *
   * @param lines of the seed disk
   * @returns a refusal when it cannot be kept for the next gate
   */
  ofPermit(
    demanded: DemandedPermit,
    contract: Contract | null,
    lines: readonly string[],
  ): OperationRight | Refusal {
    const { action, domain, identity, operation, profile, forSeconds, since } = demanded;
    const { verified, certificate } = identity;
    const { grounds, authorizer, log } = this.#parts;
    const { at, ...observed } = authorizer.circumstancesNow(domain);
    const before = this.#grounds.get(operation) ?? {
      verified,
      certificate: certificate === undefined ? null : storedCertificate(certificate),
      roleSince: since,
      asked: { at: at.toISOString(), ...observed },
      seed: seedOf(action, profile, contract),
      keys: [],
    };
    const found = { ...before, keys: [...new Set([...before.keys, ...lines.map(keyOfLine)])] };
    try {
      grounds.keep(operation, identity.customer, found);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      log.error({ err: fault, operation }, 'operation.grounds-not-kept');
      return words.auditUnavailable(fault.message);
    }
    this.#grounds.set(operation, found);
    return new GroundedRight(this.#parts, identity, { action, domain, profile, forSeconds }, found);
  }

  /**
   * The rights to what an earlier gate asked for, by operation.
   *
   * @param areAll whether nothing else is under way: then the grounds of all others are removed
   */
  ofIntents(intents: readonly AuditRow[], areAll: boolean): ReadonlyMap<string, OperationRight> {
    const kept = this.#parts.grounds.all();
    const rights = new Map<string, OperationRight>();
    for (const { event, seq } of intents) {
      if (event.kind !== 'domain.reinstall.requested' && event.kind !== 'domain.rescue.requested') continue;
      const { actor, operation, domain, profile, forSeconds = null } = event;
      const found = kept.get(operation);
      const action = event.kind === 'domain.rescue.requested' ? 'rescue' : 'reinstall';
      const right =
        found === undefined
          ? new UngroundedRight(this.#parts, actor.customer, domain, seq)
          : this.#restored(
              { ...actor, customer: found.customer },
              { action, domain, profile, forSeconds },
              found.grounds,
            );
      rights.set(operation, right);
    }
    if (areAll) for (const operation of kept.keys()) if (!rights.has(operation)) this.drop(operation);
    return rights;
  }

  /** Nothing is under way any more. Twice is harmless. */
  drop(operation: string): void {
    this.#grounds.delete(operation);
    try {
      this.#parts.grounds.drop(operation);
    } catch (fault) {
      // The next gate removes those for which nothing is under way.
      this.#parts.log.warn({ err: fault, operation }, 'operation.grounds-not-removed');
    }
  }

  #restored(
    { customer, fingerprint, source }: Pick<Requester, 'customer' | 'fingerprint' | 'source'>,
    request: AccessRequest & { readonly domain: DomainName },
    grounds: OperationGrounds,
  ): OperationRight {
    const known = { customer, fingerprint, source, verified: grounds.verified };
    if (grounds.certificate === null) return new GroundedRight(this.#parts, known, request, grounds);
    const certificate = restoredCertificate(customer, grounds.certificate);
    return certificate === null
      ? { holds: () => ({ lost: 'its certificate cannot be read' }), renamed: () => undefined }
      : new GroundedRight(this.#parts, { ...known, certificate }, request, grounds);
  }
}
