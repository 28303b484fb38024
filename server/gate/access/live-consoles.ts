import type { Action } from '../../../policy/actions.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import { sourceBucket } from '../../../policy/network.js';
import type { Limit } from '../../../policy/policy.js';
import type { Unsubscribe } from '../session/terminal.js';

/** One visit to a console. */
interface Visit {
  readonly customer: CustomerName;
  /** The address that it comes from. */
  readonly source: string;
  readonly domain: DomainName;
  /** What it is at this moment: who came to watch may have the keyboard by now. */
  action(): Action;
}

/** Whose visits are counted. */
export interface VisitQuery extends Pick<Limit, 'per' | 'actions'> {
  readonly customer: CustomerName;
  readonly source: string | null;
  readonly domain: DomainName;
}

/**
 * Who is at a console at this moment, for the limits of how many at once. In memory and not counted from the audit log, as consoles
 * go on while that cannot be written.
 */
export class LiveConsoles {
  readonly #visits = new Set<Visit>();

  /** To be called in the same turn as the visit was allowed, so that two at once cannot both pass a limit of one. @returns ends it */
  enter(visit: Visit): Unsubscribe {
    this.#visits.add(visit);
    return () => this.#visits.delete(visit);
  }

  count({ per, actions, customer, source, domain }: VisitQuery): number {
    const bucket = source === null ? null : sourceBucket(source);
    const counted = [...this.#visits].filter((visit) => {
      if (!actions.includes(visit.action())) return false;
      if (per === 'source') return sourceBucket(visit.source) === bucket;
      return per === 'customer' ? visit.customer === customer : visit.domain === domain;
    });
    return counted.length;
  }
}
