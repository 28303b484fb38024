import { readRescueEnd } from '../../wire/answers.js';
import type { RescueEnd } from '../../wire/rescue-end.js';
import type { RescueExtension } from '../../wire/rescue-extension.js';
import type { DemandedPermit } from '../access/authorize.js';
import { demandPermit } from './demand-permit.js';
import type { HostRequests, Outcome } from './host-requests.js';

/** The ends of the rescues on one host. */
export class HostRescues {
  readonly #requests: HostRequests;

  constructor(requests: HostRequests) {
    this.#requests = requests;
  }

  /**
   * Lets a rescue end later, with the proof that it is permitted; the same twice is the same as once.
   *
   * @param rescue the operation that booted it
   */
  async extend(
    demanded: DemandedPermit,
    rescue: string,
    forSeconds: number,
  ): Promise<Outcome<{ readonly result: 'done'; readonly end: RescueEnd }>> {
    demandPermit(demanded, ['extend']);
    return this.#requests.change(demanded, {
      method: 'PUT',
      path: `/domains/${encodeURIComponent(demanded.domain)}/rescue-end`,
      body: (actor): RescueExtension => ({ operation: rescue, forSeconds, actor }),
      done: (answer) => ({ result: 'done', end: readRescueEnd(answer) }),
    });
  }
}
