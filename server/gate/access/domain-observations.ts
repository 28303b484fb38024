import type { Circumstances } from '../../../policy/conditions.js';
import { NOTHING_KNOWN } from '../../../policy/conditions.js';
import type { DomainName } from '../../../policy/names.js';

/** A domain as it was observed, for the policy's conditions. */
export type DomainObservation = Omit<Circumstances, 'source'>;

/** Gives the observations of domains. */
export interface DomainObservations {
  /** As it is known now. */
  observation(domain: DomainName): DomainObservation;
  /** As it was last heard, also when its host is silent now. */
  lastObservation(domain: DomainName): DomainObservation;
}

/** For a gate that hears no host. */
export const NO_OBSERVATIONS: DomainObservations = {
  observation: () => NOTHING_KNOWN,
  lastObservation: () => NOTHING_KNOWN,
};
