import { COUNTED_ACTIONS } from '../../../policy/actions.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { AuditRow } from '../../store/audit-event.js';
import type { GroundsOfOperations } from '../../store/operation-grounds.js';
import type { Customer } from '../../store/records.js';
import type { Verb } from '../../wire/contract.js';
import type { OperationView } from '../../wire/operation.js';
import type { DemandedPermit } from '../access/authorize.js';
import { askAgain } from '../hosts/ask-again.js';
import type { HostLink } from '../hosts/host-link.js';
import type { FoundDomain } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import type { Logger } from '../../wire/logger.js';
import { OpenOperations } from './open-operations.js';
import type { OpenTimings, OperationEnd, OutcomeLog } from './open-operations.js';
import { OperationWithdrawals } from './operation-withdrawals.js';
import { OperationRequests } from './operation-requests.js';
import type { OperationRequestsParts, RequestedOperation, VerbAction } from './operation-requests.js';
import type { SeedKeys } from './seed-keys.js';
import * as words from '../text/words.js';

/** dom0 has taken it up. */
export interface Started {
  readonly operation: OperationView;
  /** After how many seconds from its boot a rescue ends; null when it has no end. */
  readonly forSeconds: number | null;
  /** Resolves when it is final and its outcome is recorded; never rejects. */
  readonly ended: Promise<OperationEnd>;
}

interface OpenIntents {
  openIntents(): readonly AuditRow[];
}

interface OperationDispatcherParts extends OperationRequestsParts {
  readonly customers: { find(name: CustomerName): Customer | undefined };
  readonly seedKeys: Pick<SeedKeys, 'of' | 'usable'>;
  readonly grounds: Pick<GroundsOfOperations, 'keep' | 'all' | 'drop'>;
  readonly audit: OutcomeLog & OpenIntents;
  readonly log: Logger;
  readonly timings?: OpenTimings;
  /** The clock for keys. */
  readonly clock?: () => Date;
}

/** The verbs that can make a domain run that did not run before. */
const CREATING: readonly Verb[] = ['start', 'rescue', 'normal', 'reinstall'];

/**
 * The only way to change a domain: menu, exec and console go through here. It authorises and records the
 * request, then asks dom0, then records the outcome.
 */
export class OperationDispatcher {
  readonly #parts: OperationDispatcherParts;
  readonly #requests: OperationRequests;
  readonly #open: OpenOperations;
  /** For who listens to changes of rights. */
  readonly withdrawals: OperationWithdrawals;

  constructor(parts: OperationDispatcherParts) {
    this.#parts = parts;
    this.#requests = new OperationRequests(parts);
    this.withdrawals = new OperationWithdrawals(parts);
    this.#open = new OpenOperations(parts.hosts, parts.audit, parts.log, parts.timings);
  }

  /** Starts the operation. A refusal means that the request changed nothing, unless it says otherwise. */
  async operate(identity: Identity, request: RequestedOperation): Promise<Started | Refusal> {
    const authorized = this.#requests.authorize(identity, request);
    if (isRefusal(authorized)) return authorized;
    const { permit, unfit } = authorized;
    const demanded = permit.consume(request.action);
    const place = this.#place(demanded, request.action, unfit);
    if (isRefusal(place)) {
      this.#open.record(demanded, 'refused', place.code, place.detail);
      return place;
    }
    return this.#submit(demanded, place.host);
  }

  /** Whether a reinstallation could be asked for now, without consequences. @returns null for yes */
  mayReinstall(identity: Identity, domain: DomainName, asked: string | null): Refusal | null {
    return this.#requests.mayReinstall(identity, domain, asked);
  }

  /**
   * Closes the intents that an earlier gate left open: asks dom0 how each ended, once its host is heard. Call
   * before the hosts are started.
   *
   * @param isLeft whether the intents of a connection were left open, by a worker; without it, all were
   */
  closeOpenIntents(isLeft: ((connection: string) => boolean) | null = null): void {
    const intents = this.#parts.audit.openIntents().filter(({ event }) => {
      if (isLeft === null) return true;
      const by = 'actor' in event && event.actor !== null && 'connection' in event.actor ? event.actor : null;
      return (
        by !== null && isLeft(by.connection) && !('operation' in event && this.#open.has(event.operation))
      );
    });
    this.withdrawals.adopt(intents, isLeft === null);
    for (const { event, at } of intents) {
      if (!('operation' in event) || !('domain' in event)) continue;
      const { operation: id, domain, kind } = event;
      const action = kind.split('.')[1] ?? '';
      if (CARRIED_OUT.includes(action))
        this.#forgetAfter(id, this.#open.adopt({ operation: id, domain }, Date.parse(at)));
      else this.#open.record({ operation: id, domain }, 'lost', null, 'the gate ended meanwhile');
    }
  }

  /**
   * Records the outcome of something that is no operation of dom0: an attachment to a console, a look at a
   * log.
   */
  recordEnd(
    demanded: DemandedPermit,
    outcome: 'done' | 'refused' | 'lost',
    code: Refusal['code'] | null,
    detail: string | null,
  ): void {
    if (demanded.row !== null) this.#open.record(demanded, outcome, code, detail);
  }

  close(): void {
    this.withdrawals.close();
    this.#open.close();
  }

  #place({ domain }: DemandedPermit, verb: Verb, unfit: Refusal | null): FoundDomain | Refusal {
    const { hosts } = this.#parts;
    const move = hosts.moveOf(domain);
    if (move !== null) return words.moving(domain, move.host.name, move.guest);
    const stray = hosts.strayOf(domain);
    if (stray?.part === 'runs' && stray.host.reachable) return words.astray(domain, stray.host.name);
    const found = hosts.reach(domain);
    if (isRefusal(found)) return found;
    const { host } = found;
    if (host.contract?.verbs.includes(verb) !== true)
      return words.notOnThisHost(domain, words.actionWord(verb));
    if (unfit !== null) return unfit;
    if (CREATING.includes(verb)) return hosts.canRunElsewhere(domain, host) ?? found;
    return found;
  }

  async #submit(demanded: DemandedPermit, host: HostLink): Promise<Started | Refusal> {
    // Watch it before asking: it may be over before the answer is read.
    const ended = this.#open.watch(demanded, host);
    this.#forgetAfter(demanded.operation, ended);
    const result = await askAgain(
      () => {
        // Each try reads the keys anew: a role or a key may have gone meanwhile.
        const keys = this.#parts.seedKeys.of(demanded, host.contract);
        const unkept = this.withdrawals.watch(demanded, host, keys);
        if (unkept !== null) return Promise.resolve({ result: 'refused' as const, refusal: unkept });
        return host.operations.submit(demanded, demanded.key, keys);
      },
      () => this.#parts.authorizer.recheck(demanded.identity, demanded) === null,
    );
    switch (result.result) {
      case 'accepted':
        this.#open.take(result.operation);
        this.withdrawals.taken(demanded.operation);
        return { operation: result.operation, forSeconds: demanded.forSeconds, ended };
      case 'refused':
        this.withdrawals.forget(demanded.operation);
        this.#open.refuse(demanded, result.refusal);
        return result.refusal;
      case 'uncertain':
        this.#open.doubt(demanded);
        this.#parts.log.warn(
          { operation: demanded.operation, host: host.name, detail: result.refusal.detail },
          'operation.uncertain',
        );
        return words.hostLostMeanwhile(demanded.domain, result.refusal.detail);
    }
  }

  /** Also where the host did not tell the end by itself. One that is not in its journal is none yet. */
  #forgetAfter(operation: string, ended: Promise<OperationEnd>): void {
    void ended.then((end) => {
      if (end.outcome === 'lost' || end.operation.unrecorded !== true) this.withdrawals.forget(operation);
    });
  }
}

const CARRIED_OUT: readonly string[] = COUNTED_ACTIONS satisfies readonly VerbAction[];
