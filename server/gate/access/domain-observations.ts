import type { Circumstances } from '../../../policy/conditions.js';
import { NOTHING_KNOWN } from '../../../policy/conditions.js';
import type { DomainName } from '../../../policy/names.js';

/** What a domain does, for the conditions of policy. */
export type DomainObservation = Omit<Circumstances, 'source'>;

/** How domains are seen. */
export interface DomainObservations {
  /** As it is known at this moment. */
  observation(domain: DomainName): DomainObservation;
  /** As it was last heard, also when its host is not heard any more. */
  lastObservation(domain: DomainName): DomainObservation;
}

/** Where no host is heard. */
export const NO_OBSERVATIONS: DomainObservations = {
  observation: () => NOTHING_KNOWN,
  lastObservation: () => NOTHING_KNOWN,
};
