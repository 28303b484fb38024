import { setTimeout as pause } from 'node:timers/promises';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Authorizer, Grant } from '../access/authorize.js';
import type { HostLink } from '../hosts/host-link.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import type { Operations } from '../operations/operations.js';
import * as words from '../text/words.js';

export interface LogDoorParts {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: Pick<Operations, 'recordEnd'>;
}

/** Somebody who may read a log, with the proof, and the host that has it. */
export interface LogVisit {
  readonly grant: Grant;
  readonly host: HostLink;
}

/** Waits before a switch is tried again of which it is not known whether it arrived. Milliseconds. */
const AGAIN = [100, 1000];

/** The one door to the logs of consoles, for menu and exec: authorised and recorded, then its outcome recorded. */
export class LogDoor {
  readonly #parts: LogDoorParts;

  constructor(parts: LogDoorParts) {
    this.#parts = parts;
  }

  /** Lets somebody read one, as often as they like until they leave. @param domain as it was spelt */
  enter(identity: Identity, domain: string): LogVisit | Refusal {
    const action = 'log';
    const permit = this.#parts.authorizer.authorize(identity, { action, domain, profile: null });
    if (isRefusal(permit)) return permit;
    const grant = permit.consume(action);
    const host = this.#host(grant.domain);
    if (!isRefusal(host)) return { grant, host };
    return this.refuse({ grant }, host);
  }

  /** It could not be read. @returns the refusal */
  refuse({ grant }: Pick<LogVisit, 'grant'>, no: Refusal): Refusal {
    this.#parts.operations.recordEnd(grant, 'refused', no.code, no.detail);
    return no;
  }

  /** It was read. */
  leave({ grant }: LogVisit): void {
    this.#parts.operations.recordEnd(grant, 'done', null, null);
  }

  /** Switches one off, or on again: what the console says is kept no longer, or from now on. @returns null when it is so */
  async switch(identity: Identity, domain: string, keep: boolean): Promise<Refusal | null> {
    const action = 'log-switch';
    const permit = this.#parts.authorizer.authorize(identity, { action, domain, profile: null, keep });
    if (isRefusal(permit)) return permit;
    const grant = permit.consume(action);
    const host = this.#host(grant.domain);
    if (isRefusal(host)) return this.refuse({ grant }, host);
    if (!host.log.onDisk)
      return this.refuse({ grant }, words.notOnThisHost(grant.domain, words.actionWord(action)));
    let switched = await host.log.switch(grant, keep);
    for (const wait of AGAIN) {
      if (switched.result !== 'uncertain') break;
      await pause(wait);
      // The right may have gone while it was waited.
      if (this.#parts.authorizer.mayStill(identity, grant) !== null) break;
      switched = await host.log.switch(grant, keep);
      // It was not known whether the first arrived, so that the second did not says nothing about it.
      if (switched.result === 'refused' && switched.refusal.code === 'host-unreachable')
        switched = { ...switched, result: 'uncertain' };
    }
    const no = switched.result === 'done' ? null : switched.refusal;
    const outcome = switched.result === 'uncertain' ? 'lost' : switched.result;
    this.#parts.operations.recordEnd(grant, outcome, no?.code ?? null, no?.detail ?? null);
    return no;
  }

  #host(domain: DomainName): HostLink | Refusal {
    const found = this.#parts.hosts.find(domain);
    return found?.host ?? words.hostUnreachable(domain, 'no host that answers has it');
  }
}
