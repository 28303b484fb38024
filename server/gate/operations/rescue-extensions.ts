import type { CustomerName, DomainName } from '../../../policy/names.js';
import { parseDomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { RoleRow } from '../../store/records.js';
import { MOST_RESCUE_SECONDS } from '../../wire/rescue-end.js';
import type { RescueEnd } from '../../wire/rescue-end.js';
import type { Authorizer, DemandedPermit } from '../access/authorize.js';
import { askAgain } from '../hosts/ask-again.js';
import type { FoundDomain, Hosts } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import * as words from '../text/words.js';
import type { OperationDispatcher } from './operation-dispatcher.js';

/** The time that is given when the customer names none. Seconds. */
const ONE_MORE = 3_600;

export interface RescueExtensionsParts {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly roles: { find(customer: CustomerName, domain: DomainName): RoleRow | undefined };
  readonly operations: Pick<OperationDispatcher, 'recordEnd'>;
}

/**
 * The only way to give a rescue more time, for menu and exec: authorises and records, asks the host, then
 * records the outcome.
 */
export class RescueExtensions {
  readonly #parts: RescueExtensionsParts;

  constructor(parts: RescueExtensionsParts) {
    this.#parts = parts;
  }

  /**
   * Lets the rescue end later. The host is asked for the whole length of the rescue, so two customers who ask
   * at once get the time once.
   *
   * @param domain as the customer spelt it
   * @param seconds null: one hour, or as much of it as policy leaves
   */
  async extend(identity: Identity, domain: string, seconds: number | null): Promise<RescueEnd | Refusal> {
    const { authorizer, operations } = this.#parts;
    const seen = authorizer.check(identity, { action: 'status', domain, profile: null });
    const name = seen === null ? parseDomainName(domain) : undefined;
    const found = name === undefined ? undefined : this.#parts.hosts.find(name);
    const end = found?.view.rescueEnd ?? null;
    const profile = end === null ? null : (found?.view.observation.profile ?? null);
    const request = { action: 'extend', domain, profile } as const;
    const length =
      found === undefined || end === null
        ? { forSeconds: null }
        : this.#length(identity, found, soFar(end), seconds);
    const permit = authorizer.authorize(identity, { ...request, ...length });
    if (isRefusal(permit)) return permit;
    const demanded = permit.consume('extend');
    const answer = await this.#ask(demanded, end);
    const no = isRefusal(answer) ? answer : answer.result === 'done' ? null : answer.refusal;
    const outcome = isRefusal(answer) ? 'refused' : answer.result === 'uncertain' ? 'lost' : answer.result;
    operations.recordEnd(demanded, outcome, no?.code ?? null, no?.detail ?? null);
    if (isRefusal(answer)) return answer;
    return answer.result === 'done' ? answer.end : answer.refusal;
  }

  async #ask(demanded: DemandedPermit, end: RescueEnd | null) {
    const { authorizer, hosts } = this.#parts;
    const { domain, forSeconds, identity } = demanded;
    // The host that it leaves has the end, and it may run elsewhere before that.
    const move = hosts.moveOf(domain);
    if (move !== null) return words.moving(domain, move.host.name, move.guest);
    const found = hosts.reach(domain);
    if (isRefusal(found)) return found;
    const { host } = found;
    if (host.contract?.rescueEnds !== true) return words.notOnThisHost(domain, words.actionWord('extend'));
    if (end === null || forSeconds === null) return words.noRescueEnd(domain);
    return askAgain(
      () => host.rescues.extend(demanded, end.operation, forSeconds),
      () => authorizer.recheck(identity, demanded) === null,
    );
  }

  /** The whole length of the rescue, with so much more time and without. */
  #length(identity: Identity, { view }: FoundDomain, soFarSeconds: number, seconds: number | null) {
    const { authorizer, roles } = this.#parts;
    const forSeconds = soFarSeconds + (seconds ?? ONE_MORE);
    const role = roles.find(identity.customer, view.name)?.role;
    if (seconds !== null || role === undefined) return { forSeconds, soFarSeconds };
    const { maximumSeconds } = authorizer.rescueTerms(identity, role, view.name, view.observation.profile);
    const most = maximumSeconds ?? MOST_RESCUE_SECONDS;
    // Where policy leaves nothing, it says so itself.
    return { forSeconds: most > soFarSeconds ? Math.min(forSeconds, most) : forSeconds, soFarSeconds };
  }
}

/** Seconds from the boot to the end, or to now where the rescue is over. */
function soFar({ forSeconds, at }: RescueEnd): number {
  return forSeconds + Math.max(0, Math.ceil((Date.now() - Date.parse(at)) / 1000));
}
