import { reason } from '../../wire/reason.js';
import type { DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Actor, WireRefusal } from '../../wire/operation.js';
import type { DemandedPermit } from '../access/authorize.js';
import * as words from '../text/words.js';
import * as operationWords from '../text/operation-words.js';
import type { Dom0Client } from './dom0-client.js';
import { HostError } from './dom0-client.js';

/** What became of a change: done, refused, or uncertain because the host was lost meanwhile. */
export type Outcome<Done> =
  | Done
  | { readonly result: 'refused'; readonly refusal: Refusal }
  | { readonly result: 'uncertain'; readonly refusal: Refusal };

/** A change to ask a host for. */
interface Change<Done> {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  /** @param actor the customer, with the audit row of the intent */
  body(actor: Actor): object;
  /** @throws Error when the answer is not understood */
  done(answer: unknown): Done;
}

/** Asks one host on behalf of a customer, and says in the customer's words why something did not work. */
export class HostRequests {
  readonly #host: string;
  readonly #client: Dom0Client;
  readonly #clock: () => Date;

  constructor(host: string, client: Dom0Client, clock: () => Date) {
    this.#host = host;
    this.#client = client;
    this.#clock = clock;
  }

  /** Asks for a change. Without an audit row of the intent nothing is sent. */
  async change<Done>(demanded: DemandedPermit, change: Change<Done>): Promise<Outcome<Done>> {
    const { row, domain, identity } = demanded;
    if (row === null) return { result: 'refused', refusal: words.auditUnavailable('no intent was recorded') };
    const { customer, fingerprint, source } = identity;
    const body = change.body({ customer, fingerprint, source, auditSeq: row.seq, auditHash: row.hash });
    try {
      const answer = await this.#client.ask(change.method, change.path, body);
      if (answer.ok) return change.done(answer.body);
      return { result: 'refused', refusal: this.refused(domain, answer.no) };
    } catch (fault) {
      return fault instanceof HostError && fault.unsent
        ? { result: 'refused', refusal: this.unreachable(domain, fault) }
        : { result: 'uncertain', refusal: words.hostLostMeanwhile(domain, this.#detail(fault)) };
    }
  }

  /** The host's own "no". */
  refused(domain: DomainName, no: WireRefusal): Refusal {
    return operationWords.refusedByHost(domain, no, this.#clock());
  }

  /** No answer came. */
  unreachable(domain: DomainName, fault: unknown): Refusal {
    return words.hostUnreachable(domain, this.#detail(fault));
  }

  #detail(fault: unknown): string {
    return `${this.#host}: ${reason(fault)}`;
  }
}
