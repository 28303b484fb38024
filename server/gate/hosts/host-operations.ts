import { parseBootProfileName, parseImageName } from '../../../policy/names.js';
import type { Verb } from '../../wire/contract.js';
import { VERBS } from '../../wire/contract.js';
import { readOperation } from '../../wire/answers.js';
import type { OperationRequest, OperationView, Withdrawal } from '../../wire/operation.js';
import type { DemandedPermit } from '../access/authorize.js';
import { demandPermit } from './demand-permit.js';
import type { Dom0Client } from './dom0-client.js';
import { HostError } from './dom0-client.js';
import type { HostRequests, Outcome } from './host-requests.js';

/** The operations of one host. */
export class HostOperations {
  readonly #client: Dom0Client;
  readonly #requests: HostRequests;

  constructor(client: Dom0Client, requests: HostRequests) {
    this.#client = client;
    this.#requests = requests;
  }

  /**
   * Asks for an operation, with the proof that it is permitted. The same permit may be submitted again: dom0
   * takes the same id for the same operation.
   *
   * @param keys for the seed disk, where the host offers one for the profile; null: none
   */
  async submit(
    demanded: DemandedPermit,
    key: string | null = null,
    keys: readonly string[] | null = null,
  ): Promise<Outcome<{ readonly result: 'accepted'; readonly operation: OperationView }>> {
    const verb = verbOf(demanded);
    const { domain, parameters, forSeconds } = demanded;
    return this.#requests.change(demanded, {
      method: 'POST',
      path: '/operations',
      body: (actor): OperationRequest => ({
        id: demanded.operation,
        domain,
        verb,
        profile: verb === 'rescue' ? (parseBootProfileName(demanded.profile ?? '') ?? null) : null,
        ...imageOf(verb, demanded),
        // A dom0 half that offers none may not know the word.
        ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
        ...(verb !== 'rescue' || forSeconds === null ? {} : { forSeconds }),
        key,
        ...(keys === null ? {} : { keys }),
        actor,
      }),
      done: (answer) => ({ result: 'accepted', operation: readOperation(answer) }),
    });
  }

  /**
   * Takes an operation back, as its right has gone. Only for a host that offers it.
   *
   * @returns how it has ended; `begun`: it is too late; `unknown`: there is none, or not yet
   * @throws Error when it does not answer, or cannot tell
   */
  async withdraw(id: string): Promise<OperationView | 'begun' | 'unknown'> {
    const body: Withdrawal = { withdrawn: true };
    const answer = await this.#client.ask('PUT', `/operations/${encodeURIComponent(id)}`, body);
    if (answer.ok) return readOperation(answer.body);
    if (answer.no.code === 'usage') return 'unknown';
    if (answer.no.code === 'busy') return 'begun';
    throw new HostError(`${answer.no.code}: ${answer.no.message}`);
  }

  /**
   * @returns null when the host answers that it knows no such operation
   * @throws Error when it does not answer
   */
  async find(id: string): Promise<OperationView | null> {
    const answer = await this.#client.ask('GET', `/operations/${encodeURIComponent(id)}`);
    if (answer.ok) return readOperation(answer.body);
    if (answer.status === 404) return null;
    throw new HostError(`${answer.no.code}: ${answer.no.message}`);
  }
}

/** The image of a reinstallation: a dom0 half that offers none may not know the word. */
function imageOf(verb: Verb, { profile }: DemandedPermit): Pick<OperationRequest, 'image'> {
  const image = verb === 'reinstall' && profile !== null ? parseImageName(profile) : undefined;
  return image === undefined ? {} : { image };
}

function verbOf(demanded: DemandedPermit): Verb {
  const verb = VERBS.find((each) => each === demanded.action);
  if (verb === undefined) throw new TypeError(`a permit for ${demanded.action} is none for an operation`);
  demandPermit(demanded, [verb]);
  return verb;
}
