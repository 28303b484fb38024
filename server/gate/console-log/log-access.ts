import type { DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Authorizer } from '../access/authorize.js';
import { askAgain } from '../hosts/ask-again.js';
import { mayMove } from '../hosts/link-event.js';
import type { HostLink } from '../hosts/host-link.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import { joinedLog } from './joined-log.js';
import type { JoinedLog } from './joined-log.js';
import type { OpenedLog } from './opened-log.js';
import type { Unsubscribe } from '../session/terminal.js';
import type { OperationDispatcher } from '../operations/operation-dispatcher.js';
import * as words from '../text/words.js';

/** The most by which the clocks of a host and of the gate may differ. Milliseconds. */
const CLOCKS_DIFFER = 3_600_000;

export interface LogAccessParts {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: Pick<OperationDispatcher, 'recordEnd'>;
}

/**
 * The only way to the logs of consoles, for menu and exec: authorises and records, then records the outcome.
 */
export class LogAccess {
  readonly #parts: LogAccessParts;

  constructor(parts: LogAccessParts) {
    this.#parts = parts;
  }

  /** Lets somebody read a log as often as they like, until `close`. @param domain as the customer spelt it */
  open(identity: Identity, domain: string): OpenedLog | Refusal {
    const action = 'log';
    const permit = this.#parts.authorizer.authorize(identity, { action, domain, profile: null });
    if (isRefusal(permit)) return permit;
    const demanded = permit.consume(action);
    const host = this.#host(demanded.domain);
    if (!isRefusal(host)) return { demanded, host };
    return this.refuse({ demanded }, host);
  }

  /** The log on the host where the domain runs now; null when it has not moved away. */
  moved({ demanded, host }: OpenedLog): OpenedLog | null {
    const to = this.#parts.hosts.movedFrom(demanded.domain, host);
    return to === null ? null : { demanded, host: to };
  }

  /** Whether the domain is on its way to another host, where its log may go on. */
  isAway({ demanded }: OpenedLog): boolean {
    return this.#parts.hosts.isAway(demanded.domain);
  }

  /**
   * The logs of all hosts on which the domain ran, as one. @param since leaves out everything before this time,
   * milliseconds since 1970
   */
  joined(opened: OpenedLog, since: number | null = null): Promise<JoinedLog | Refusal> {
    const { demanded, host } = opened;
    const view = host.domains.get(demanded.domain);
    const uuids = { fixed: view?.configured?.uuid ?? null, present: view?.incarnation ?? null };
    const begin = Date.parse(demanded.since) - CLOCKS_DIFFER;
    // Of a host that it left before the role began nothing may be read, so nothing is said of it either.
    const former = this.#parts.hosts
      .ranBefore(demanded.domain, host)
      .filter(({ goneAt }) => goneAt === null || Date.parse(goneAt) >= begin);
    return joinedLog(opened, former, uuids, since);
  }

  /** Calls back whenever something is heard that may mean that the domain has moved. */
  onNews({ demanded }: Pick<OpenedLog, 'demanded'>, listener: () => void): Unsubscribe {
    return this.#parts.hosts.onEvent(({ event }) => {
      if (mayMove(event, demanded.domain)) listener();
    });
  }

  /** Records that the log could not be read. @returns the refusal */
  refuse({ demanded }: Pick<OpenedLog, 'demanded'>, no: Refusal): Refusal {
    this.#parts.operations.recordEnd(demanded, 'refused', no.code, no.detail);
    return no;
  }

  /** Records that the log was read. */
  close({ demanded }: OpenedLog): void {
    this.#parts.operations.recordEnd(demanded, 'done', null, null);
  }

  /**
   * Switches a log off, or on again: output is kept no longer, or from now on. @returns null when that is
   * done
   */
  async switch(identity: Identity, domain: string, keep: boolean): Promise<Refusal | null> {
    const action = 'log-switch';
    const permit = this.#parts.authorizer.authorize(identity, { action, domain, profile: null, keep });
    if (isRefusal(permit)) return permit;
    const demanded = permit.consume(action);
    const host = this.#host(demanded.domain);
    if (isRefusal(host)) return this.refuse({ demanded }, host);
    if (!host.log.onDisk)
      return this.refuse({ demanded }, words.notOnThisHost(demanded.domain, words.actionWord(action)));
    const switched = await askAgain(
      () => host.log.switch(demanded, keep),
      () => this.#parts.authorizer.recheck(identity, demanded) === null,
    );
    const no = switched.result === 'done' ? null : switched.refusal;
    const outcome = switched.result === 'uncertain' ? 'lost' : switched.result;
    this.#parts.operations.recordEnd(demanded, outcome, no?.code ?? null, no?.detail ?? null);
    return no;
  }

  #host(domain: DomainName): HostLink | Refusal {
    const found = this.#parts.hosts.reach(domain);
    return isRefusal(found) ? found : found.host;
  }
}
