import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { RefusalCode } from '../../../policy/refusal.js';
import type { AuditEvent, AuditRow } from '../../store/audit-event.js';
import type { Customer, RoleRow } from '../../store/records.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { Logger } from '../../wire/logger.js';
import type { OperationView } from '../../wire/operation.js';
import type { Authorizer, DemandedPermit } from '../access/authorize.js';
import type { HostLink } from '../hosts/host-link.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Unsubscribe } from '../session/terminal.js';
import type { SeedKeys } from './seed-keys.js';

interface OperationWithdrawalsParts {
  readonly hosts: Pick<Hosts, 'links' | 'onEvent'>;
  readonly authorizer: Pick<Authorizer, 'verdictNow'>;
  readonly seedKeys: Pick<SeedKeys, 'of'>;
  readonly roles: { find(customer: CustomerName, domain: DomainName): RoleRow | undefined };
  readonly customers: { find(name: CustomerName): Customer | undefined };
  readonly log: Logger;
}

interface Watched {
  readonly operation: string;
  /** Null when it is not known which host has it. */
  readonly host: HostLink | null;
  /** @returns why it may not begin any more, for the log; null when it may */
  readonly lost: () => string | null;
  isAsking: boolean;
}

/** These say that the moment is wrong, and take no right away: the request was right when it came. */
const OF_THE_MOMENT: readonly RefusalCode[] = ['maintenance', 'condition-not-met', 'limit-reached'];

/** Only these may concern what waits. */
const CONCERNS: readonly AuditEvent['kind'][] = [
  'customer.suspended',
  'customer.removed',
  'customer.renamed',
  'key.removed',
  'key.expiry.set',
  'role.removed',
  'role.added',
  'authority.removed',
  'domain.retired',
  'domain.adopted',
];

/**
 * Takes back what waits on a host, when the right to it has gone, or a key that it would let in: a reinstallation
 * may wait for hours, and a rescue for its guest. What has begun to write or to create goes on.
 */
export class OperationWithdrawals {
  readonly #parts: OperationWithdrawalsParts;
  readonly #watched = new Map<string, Watched>();
  readonly #unsubscribe: Unsubscribe;
  readonly #guard: FaultGuard;
  #isSoon = false;

  constructor(parts: OperationWithdrawalsParts) {
    this.#parts = parts;
    this.#guard = new FaultGuard(parts.log);
    this.#unsubscribe = parts.hosts.onEvent(({ event }) => {
      if (event.event === 'operation') this.#heardOf(event.operation);
      // What could not be asked before.
      if (event.event === 'reachable') this.review();
    });
  }

  /**
   * Watches a request from when it was sent.
   *
   * @param sent all seed keys that were sent with it
   */
  watch(demanded: DemandedPermit, host: HostLink, sent: ReadonlySet<string>): void {
    if (demanded.action !== 'reinstall' && sent.size === 0) return;
    const { authorizer, seedKeys } = this.#parts;
    const lost = (): string | null => {
      const verdict = authorizer.verdictNow(demanded.identity, demanded);
      if (!verdict.allow && !OF_THE_MOMENT.includes(verdict.code)) return verdict.code;
      if (verdict.allow && verdict.since !== demanded.since) return 'the role is another one now';
      const keys = seedKeys.of(demanded, host.contract);
      return keys === null || [...sent].every((key) => keys.includes(key)) ? null : 'a key has gone';
    };
    this.#add({ operation: demanded.operation, host, lost, isAsking: false });
  }

  /** Watches what an earlier gate asked for. Of the login then, only the customer and the role are known. */
  adopt(event: Extract<AuditEvent, { kind: `domain.${'reinstall' | 'rescue'}.requested` }>): void {
    const { roles, customers } = this.#parts;
    const { customer } = event.actor;
    const lost = (): string | null => {
      if (roles.find(customer, event.domain)?.counts !== true) return 'the role has gone';
      return customers.find(customer)?.suspendedAt === null ? null : 'the customer is suspended';
    };
    this.#add({ operation: event.operation, host: null, lost, isAsking: false });
  }

  /** For the audit log's `onAppend`. */
  heard({ event: { kind } }: AuditRow): void {
    if (this.#isSoon || this.#watched.size === 0 || !CONCERNS.includes(kind)) return;
    this.#isSoon = true;
    // Let the other rows of the transaction be heard first.
    queueMicrotask(
      this.#guard.on('withdrawals', () => {
        this.#isSoon = false;
        this.review();
      }),
    );
  }

  /** Looks at all of them, as after a change of the policy. */
  review(): void {
    for (const watched of this.#watched.values()) this.#look(watched);
  }

  /** Twice is harmless. */
  close(): void {
    this.#unsubscribe();
    this.#watched.clear();
  }

  #add(watched: Watched): void {
    this.#watched.set(watched.operation, watched);
    // It may have gone between the decision and now.
    this.#look(watched);
  }

  #heardOf({ id, phase }: OperationView): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    if (phase === 'queued' || phase === 'running') this.#look(watched);
    else this.#watched.delete(id);
  }

  #look(watched: Watched): void {
    if (watched.isAsking) return;
    const { log } = this.#parts;
    let why: string | null;
    try {
      why = watched.lost();
    } catch (fault) {
      log.error({ err: fault, operation: watched.operation }, 'a right could not be asked for again');
      return;
    }
    if (why !== null) void this.#withdraw(watched, why);
  }

  async #withdraw(watched: Watched, why: string): Promise<void> {
    const { operation, host } = watched;
    const { hosts, log } = this.#parts;
    watched.isAsking = true;
    for (const link of host === null ? hosts.links : [host]) {
      if (!link.reachable || link.contract?.withdrawals !== true) continue;
      try {
        const answer = await link.operations.withdraw(operation);
        if (answer === 'unknown') continue;
        log.info({ operation, host: link.name, why, answer }, 'an operation was withdrawn');
        // Too late: it goes on, and the audit log has how it ends.
        if (answer === 'begun') this.#watched.delete(operation);
      } catch (fault) {
        log.warn({ err: fault, operation, host: link.name }, 'an operation could not be withdrawn yet');
      }
    }
    watched.isAsking = false;
  }
}
